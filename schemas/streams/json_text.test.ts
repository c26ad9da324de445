import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkJson, isJsonText, jsonText, readJsonText } from './json_text.js'
import { shortenedJson } from './shorten_json.js'

const BOUNDS = { maxBytes: 1_024, maxDepth: 4, maxValues: 20, filters: [] }
const check = (value: unknown) => checkJson(value, BOUNDS)

describe('checkJson', () => {
  it('returns the text of an object, whose keys and values stay what they are', () => {
    const object = { b: [1, -0.5, null, true], a: { ' ': 'é', '': {} }, ['__proto__']: 'own', toJSON: 'x' }
    const checked = check(object)
    expect(checked).toEqual({ text: JSON.stringify(object) })
    expect(readJsonText('text' in checked ? checked.text : '')).toEqual(object)
  })

  it('leaves out members that are undefined, and writes a date as its text', () => {
    expect(check({ a: undefined, b: [undefined], c: new Date(0) })).toEqual({
      text: '{"b":[null],"c":"1970-01-01T00:00:00.000Z"}',
    })
    expect(check({})).toEqual({ text: '' })
  })

  it.each([
    [undefined, 'must be an object'],
    [null, 'must be an object'],
    [[], 'must be an object'],
    ['{}', 'must be an object'],
    [{ a: Number.NaN }, 'must be JSON, which has no number that is not finite'],
    [{ a: 1n }, 'must be JSON, which has no bigint'],
    [{ a: [() => 0] }, 'must be JSON, which has no function'],
    [{ a: Symbol('s') }, 'must be JSON, which has no symbol'],
    [{ a: '\ud800' }, 'must be well-formed Unicode (it has a lone surrogate)'],
    [{ '\udc00': 1 }, 'must be well-formed Unicode (it has a lone surrogate)'],
    [{ a: { b: { c: { d: {} } } } }, 'must have at most 4 levels of objects and lists'],
    [{ a: Array(20).fill(0) }, 'must have at most 20 members and entries in all'],
    [{ a: 'é'.repeat(600) }, 'must be at most 1024 bytes long as JSON'],
  ])('rejects %o', (value, fault) => {
    expect(check(value)).toEqual({ fault })
  })

  it('ends for objects that do not', () => {
    const cycle: Record<string, unknown> = {}
    cycle.self = cycle
    expect(check(cycle)).toHaveProperty('fault')
    const endless: unknown = new Proxy([], {
      get: (_, name) => (name === 'length' ? Number.POSITIVE_INFINITY : endless),
    })
    expect(check({ endless })).toHaveProperty('fault')
  })
})

it('text that JSON.stringify writes is accepted where it fits, and other text is not', () => {
  expect(isJsonText('{"a":[1]}', BOUNDS)).toBe(true)
  for (const text of ['', '[]', '7', '{"a":', '{"a":1e400}', `{"a":"${'x'.repeat(1_100)}"}`]) {
    expect(isJsonText(text, BOUNDS), text).toBe(false)
  }
})

describe('shortenedJson', () => {
  it('keeps an object that fits', () => {
    const object = { a: [{ b: 'c' }], d: null }
    expect(shortenedJson(object, BOUNDS)).toEqual(object)
  })

  it('cuts texts before it leaves out members', () => {
    const kept = shortenedJson({ first: 'x'.repeat(5_000), second: 'y' }, BOUNDS)
    expect(kept).toEqual({ first: `${'x'.repeat(256)}…`, second: 'y' })
  })

  it('makes any object one that fits, and the same one each time', () => {
    const json = fc.dictionary(fc.string({ unit: 'binary', maxLength: 60 }), fc.jsonValue({ maxDepth: 6 }), {
      maxKeys: 25,
    })
    fc.assert(
      fc.property(json, (object) => {
        const kept = shortenedJson(object as never, BOUNDS)
        expect(kept).toEqual(shortenedJson(object as never, BOUNDS))
        expect(kept).not.toHaveProperty('fault')
        if (Object.keys(kept).length > 0) expect(check(kept)).toEqual({ text: jsonText(kept) })
      }),
      { numRuns: 40 },
    )
  })
})
