import { describe, expect, it } from 'vitest'
import { checkList, listText, readListText } from './list_text.js'
import { MAX_FIELD_BYTES } from './stream.js'

const PARTS = [
  { name: 'id', doc: 'Which.' },
  { name: 'kind', doc: 'Of what kind.' },
]

describe('a list', () => {
  it('becomes text and is read back, its parts in the declared order', () => {
    const given = [{ kind: 'role', id: '“7” \\ \n 😀' }, {}, { kind: 'user' }]
    const checked = checkList(given, PARTS)
    if (!('entries' in checked)) throw new Error(checked.fault)
    const text = listText(checked.entries)
    expect(text).toBe('[{"id":"“7” \\\\ \\n 😀","kind":"role"},{},{"kind":"user"}]')
    expect(readListText(text, PARTS)).toEqual(given)
  })

  it('omits absent parts: null, undefined and empty text', () => {
    const given = [
      { id: '', kind: null },
      { id: undefined, kind: 'role' },
    ]
    expect(checkList(given, PARTS)).toEqual({ entries: [{}, { kind: 'role' }] })
  })

  it('is refused by its length alone when it cannot fit, and read by index', () => {
    const endless = Object.assign([{ id: '1' }], {
      *entries() {
        for (;;) yield [0, {}]
      },
    })
    expect(checkList(endless, PARTS)).toEqual({ entries: [{ id: '1' }] })
    const sparse: unknown[] = []
    sparse.length = 2 ** 32 - 1
    expect(checkList(sparse, PARTS)).toEqual({ fault: `must be at most ${MAX_FIELD_BYTES} bytes long` })
  })

  it('is absent when it has no entries', () => {
    expect(listText([])).toBe('')
  })
})

it.each([
  ['text', 'must be a list'],
  [{ id: '1' }, 'must be a list'],
  [7, 'must be a list'],
  [[{ id: '1' }, 'secret'], 'must be a list of objects; entry 2 is not an object'],
  [[null], 'must be a list of objects; entry 1 is not an object'],
  [[[]], 'must be a list of objects; entry 1 is not an object'],
  [[{ id: 1 }], 'must be a list of objects; entry 1 must have text for id'],
  [[{ id: { secret: 1 } }], 'must be a list of objects; entry 1 must have text for id'],
  [[{ name: 'secret' }], 'must be a list of objects; entry 1 has the part name, which is not declared'],
  [
    [{ id: 'secret\ud800' }],
    'must be a list of objects; entry 1 must have well-formed Unicode for id (it has a lone surrogate)',
  ],
  [JSON.parse('[{"__proto__":{"id":"secret"}}]'), /entry 1 has the part __proto__/],
])('refuses %j', (value, fault) => {
  const checked = checkList(value, PARTS)
  expect(checked).toEqual({ fault: typeof fault === 'string' ? fault : expect.stringMatching(fault) })
  expect(JSON.stringify(checked)).not.toContain('secret')
})

it.each([
  '',
  'nothing',
  '{"id":"1"}',
  '[{"id":1}]',
  '[{"id":"1"}',
  '[{"other":"1"}]',
  '["\\ud800"]',
  '['.repeat(8_000),
])('does not parse %j', (text) => {
  expect(readListText(text, PARTS)).toBeUndefined()
})
