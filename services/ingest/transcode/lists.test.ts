import { expect, it } from 'vitest'
import { audits } from '../../../schemas/streams/index.js'
import { fieldTranscoder } from '../../../test/fixtures/records/one_field.js'

const transcode = fieldTranscoder(audits, 'audit_attributes', { action: 'CREATE' })

it('stores the text of a list unchanged', () => {
  const text = '[{"attribute_type":"role","attribute_id":"größe"}, {"attribute_name":null}]'
  expect(transcode([text, null, '', '[]'])).toEqual({
    poison: [],
    stored: [
      [0, text],
      [1, ''],
      [2, ''],
      [3, '[]'],
    ],
  })
})

it('rejects only the record whose list text is malformed', () => {
  const broken = ['no JSON', '{"attribute_id":"c0ffee"}', '[{"attribute_id":7}]', '[{"color":"c0ffee"}]', '["c0ffee"]']
  const { poison, stored } = transcode([...broken, '[{"attribute_id":"1"}]', null])
  expect(poison.map(({ index, reason }) => [index, reason])).toEqual(broken.map((_, index) => [index, 'bad_list']))
  for (const { detail } of poison) {
    expect(detail).toMatch(/^The text of a list .* Field audit_attributes, byte \d+ of the datum\.$/)
    expect(detail).not.toContain('c0ffee')
  }
  expect(stored).toEqual([
    [5, '[{"attribute_id":"1"}]'],
    [6, ''],
  ])
})
