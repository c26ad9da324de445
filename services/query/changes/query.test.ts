import { describe, expect, it } from 'vitest'
import { authAudits } from '../../../schemas/streams/index.js'
import type { Principal } from '../../runtime/auth/bearer_tokens.js'
import { recordColumns } from '../clickhouse/columns.js'
import { tenantIndexHint } from '../clickhouse/conditions/tenant_index.js'
import type { Filters } from '../parameters/filters.js'
import { changesQuery, duplicatesQuery } from './query.js'

const TOPIC = '0190f3c8-7b1e-7c3a-9d2e-112233445566'
const ALL: Principal = { subject: 's', scopes: [], organizations: 'all' }
const NOTHING: Filters = { limit: 500, fields: [] }
const RANGES = [
  { topicId: TOPIC, partition: 0, from: 1_000, until: 2_049 },
  { topicId: TOPIC, partition: 3, from: 0, until: 1 },
]
const WITHIN = [
  'bitShiftRight(kafka_offset, 10) >= {in_first:Array(UInt64)}[kafka_partition + 1]',
  'bitShiftRight(kafka_offset, 10) <= {in_last:Array(UInt64)}[kafka_partition + 1]',
  'kafka_partition < {in_partitions:UInt32}',
  'has({in_topics:Array(UUID)}, topic_id)',
  'kafka_offset >= {in_from:Array(UInt64)}[(indexOf({in_topics:Array(UUID)}, topic_id) - 1) * {in_partitions:UInt32} + kafka_partition + 1]',
  'kafka_offset < {in_until:Array(UInt64)}[(indexOf({in_topics:Array(UUID)}, topic_id) - 1) * {in_partitions:UInt32} + kafka_partition + 1]',
].join('\n  AND ')
const PARAMS = {
  in_first: [0, 1, 1, 0],
  in_last: [2, 0, 0, 0],
  in_partitions: 4,
  in_topics: [TOPIC],
  in_from: [1_000, 0, 0, 0],
  in_until: [2_049, 0, 0, 1],
}
const END = 'ORDER BY topic_id, kafka_partition, kafka_offset\nLIMIT {limit:UInt32} BY topic_id, kafka_partition'

const OWN_ONE = { array: '{organizations:Array(String)}', count: 1 }
const EVENT = { index: { name: 'event', values: ['event'] }, array: '[{event:String}]', count: 1 } as const

describe('changes', () => {
  it('are read by offset', () => {
    expect(changesQuery({ stream: authAudits, filters: NOTHING, principal: ALL }, RANGES, 83)).toEqual({
      query:
        `SELECT ${recordColumns(authAudits).join(', ')}, toString(topic_id), toString(kafka_partition), ` +
        `toString(kafka_offset), toString(toUnixTimestamp64Milli(ingested_at)) AS stored_at\nFROM auth_audits\nWHERE ${WITHIN}\n${END}`,
      query_params: { limit: 83, ...PARAMS },
    })
  })

  it('match the filters and the caller’s organizations', () => {
    const filters: Filters = { limit: 1, fields: [{ field: 'event', parameter: 'event', values: ['a'] }] }
    const { query, query_params } = changesQuery(
      { stream: authAudits, filters, principal: { ...ALL, organizations: ['o'] } },
      RANGES,
      1,
    )
    expect(query).toContain(
      'PREWHERE (org_id IN {organizations:Array(String)} OR login_org_id IN {organizations:Array(String)})' +
        ' AND indexHint(hasAny([org_id, login_org_id], {organizations:Array(String)}))\n' +
        `WHERE ${WITHIN}\n  AND event = {event:String} AND ${tenantIndexHint(authAudits, OWN_ONE, EVENT)}\nORDER BY`,
    )
    expect(query).toMatch(/\nSETTINGS ignore_data_skipping_indices = '[\w,]*by_event,[\w,]*'$/)
    expect(query_params).toMatchObject({ event: 'a', organizations: ['o'] })
  })
})

it('duplicates before the position are found by the sorting key', () => {
  const before = [{ topicId: TOPIC, partition: 0, from: 0, until: 1_000 }]
  const key = 'toStartOfMinute(time), org_id, time, event_id'
  expect(duplicatesQuery({ stream: authAudits, filters: NOTHING, principal: ALL }, RANGES, 83, before)).toEqual({
    query:
      `SELECT DISTINCT toString(event_id), toString(time)\nFROM auth_audits\nWHERE (${key}) IN (\nSELECT ${key}\nFROM auth_audits\n` +
      `WHERE ${WITHIN}\n${END}\n)\n` +
      '  AND kafka_partition < {before_partitions:UInt32}\n' +
      '  AND has({before_topics:Array(UUID)}, topic_id)\n' +
      '  AND kafka_offset < {before_until:Array(UInt64)}' +
      '[(indexOf({before_topics:Array(UUID)}, topic_id) - 1) * {before_partitions:UInt32} + kafka_partition + 1]',
    query_params: {
      limit: 83,
      ...PARAMS,
      ...{ before_partitions: 1, before_topics: [TOPIC], before_until: [1_000] },
    },
  })
})

it('two incarnations of a topic have a row each in the arrays', () => {
  const OTHER = '0190f3c8-7b1e-7c3a-9d2e-112233445577'
  const ranges = [...RANGES, { topicId: OTHER, partition: 0, from: 5_000, until: 6_000 }]
  const { query_params } = changesQuery({ stream: authAudits, filters: NOTHING, principal: ALL }, ranges, 1)
  expect(query_params).toMatchObject({
    in_topics: [TOPIC, OTHER],
    in_from: [1_000, 0, 0, 0, 5_000, 0, 0, 0],
    in_until: [2_049, 0, 0, 1, 6_000, 0, 0, 0],
    in_first: [0, 1, 1, 0],
    in_last: [5, 0, 0, 0],
  })
})

it('a thousand partitions take as many parameters as one', () => {
  const ranges = Array.from({ length: 1_000 }, (_, partition) => ({ topicId: TOPIC, partition, from: 0, until: 9 }))
  const selection = { stream: authAudits, filters: NOTHING, principal: ALL }
  const parameters = (of: typeof ranges) => Object.keys(duplicatesQuery(selection, of, 1, of).query_params)
  expect(parameters(ranges)).toEqual(parameters(ranges.slice(0, 1)))
})
