import type { Schema } from 'avsc'
import { expect, it } from 'vitest'
import { avroSchema } from '../../../../schemas/derive/avro.js'
import { readReleasedSchemas } from '../../../../schemas/derive/released.js'
import { type Stream, streams } from '../../../../schemas/streams/index.js'
import { layoutOf } from './layout.js'

const field = (name: string) => ({ name, doc: 'A text.', cardinality: 'high' }) as const
const stream: Stream = {
  name: 'readings',
  record: 'Reading',
  version: 2,
  doc: 'What was read.',
  key: [],
  organizations: [],
  fields: [field('a'), field('b'), field('c')],
}
const newest = avroSchema(stream)
const [eventId, time, a, b, c] = newest.fields

function layout(fields: readonly unknown[], more: object = {}) {
  const found = layoutOf(stream, { ...newest, fields, ...more } as unknown as Schema)
  return found && [[...found.fields], [...found.missing]]
}

it('of the newest schema has every field in order', () => {
  expect(layout(newest.fields)).toEqual([[0, 1, 2], []])
})

it('of another schema maps each field, and lists what is missing', () => {
  expect(layout([eventId, time, c, a])).toEqual([[2, 0], [1]])
  expect(layout([eventId, time])).toEqual([[], [0, 1, 2]])
})

it('ignores attributes that don’t affect the data', () => {
  const text = ['null', { type: 'string', 'avro.java.string': 'String' }]
  expect(layout([eventId, { name: 'time', type: 'long' }, { name: 'a', type: text, doc: 'other' }])).toEqual([
    [0],
    [1, 2],
  ])
})

it.each([
  ['another name', [eventId, time, a], { name: 'Other' }],
  ['another namespace', [eventId, time, a], { namespace: 'other' }],
  ['another order', [time, eventId, a], {}],
  ['a text that is never null', [eventId, time, { name: 'a', type: 'string' }], {}],
  ['null after text', [eventId, time, { name: 'a', type: ['string', 'null'] }], {}],
  ['an int for the time', [eventId, { name: 'time', type: 'int' }, a], {}],
  ['a field that the stream lacks', [eventId, time, a, b, { name: 'd', type: ['null', 'string'] }], {}],
  ['no time', [eventId], {}],
  ['no fields', [], {}],
  ['no type that Avro has', [eventId, time, { name: 'a', type: 'text' }], {}],
])('is not had by a schema with %s', (_, fields, more) => {
  expect(layout(fields, more)).toBeUndefined()
})

it('exists for every release, so that all are walked directly', () => {
  for (const stream of streams) {
    for (const [, schema] of readReleasedSchemas(stream)) expect(layoutOf(stream, schema as Schema)).toBeDefined()
  }
})
