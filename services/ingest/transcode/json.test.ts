import { expect, it } from 'vitest'
import { events, MAX_FIELD_BYTES } from '../../../schemas/streams/index.js'
import { fieldTranscoder } from '../../../test/fixtures/records/one_field.js'

const transcode = fieldTranscoder(events, 'context', { action: 'login' })

const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
const LONG = `{"a":"${'x'.repeat(32 * 1024 - 8)}"}`

it('stores the text of an object unchanged, also one that is longer than other fields may be', () => {
  const texts = ['{"b": {"c":[1, null, "größe"]}, "a":false}', '', '{}', LONG, nested(16)]
  expect(LONG.length).toBe(32 * 1024)
  expect(LONG.length).toBeGreaterThan(MAX_FIELD_BYTES)
  expect(transcode([...texts, null])).toEqual({
    poison: [],
    stored: [...texts, ''].map((text, index) => [index, text]),
  })
})

it('rejects only the record whose text is no object, too deep, or has too many members', () => {
  const broken = [
    ...['no JSON', '"c0ffee"', '["c0ffee"]', 'null', '{"a":"c0ffee"', '{"a":1e999}', '{"a":"\\ud800"}', nested(17)],
    `{"a":[${'0,'.repeat(2_000)}"c0ffee"]}`,
  ]
  const { poison, stored } = transcode([...broken, '{"a":1}'])
  expect(poison.map(({ index, reason }) => [index, reason])).toEqual(broken.map((_, index) => [index, 'bad_json']))
  for (const { detail } of poison) {
    expect(detail).toMatch(/^The text of a JSON field .* Field context, byte \d+ of the datum\.$/)
    expect(detail).not.toContain('c0ffee')
  }
  expect(stored).toEqual([[broken.length, '{"a":1}']])
})

it('rejects text that is longer than its field may be', () => {
  expect(transcode([`${LONG} `]).poison.map(({ reason }) => reason)).toEqual(['field_too_large'])
})
