import { describe, expect, it } from 'vitest'
import { authAudits } from '../../../schemas/streams/index.js'
import type { Principal } from '../auth/bearer_tokens.js'
import { recordColumns } from '../clickhouse/columns.js'
import type { Filters } from '../parameters/filters.js'
import { changesQuery, duplicatesQuery } from './query.js'

const TOPIC = '0190f3c8-7b1e-7c3a-9d2e-112233445566'
const ALL: Principal = { subject: 's', scopes: [], organizations: 'all' }
const NOTHING: Filters = { limit: 500, fields: [] }
const RANGES = [
  { topicId: TOPIC, partition: 0, from: 1_000, until: 2_049 },
  { topicId: TOPIC, partition: 3, from: 0, until: 1 },
]
const WITHIN =
  '((topic_id = {in_topic_0:UUID} AND kafka_partition = {in_partition_0:UInt32} AND kafka_offset >= {in_from_0:UInt64} ' +
  'AND kafka_offset < {in_until_0:UInt64} AND bitShiftRight(kafka_offset, 10) >= {in_first_0:UInt64} ' +
  'AND bitShiftRight(kafka_offset, 10) <= {in_last_0:UInt64})\n' +
  '    OR (topic_id = {in_topic_1:UUID} AND kafka_partition = {in_partition_1:UInt32} AND kafka_offset >= {in_from_1:UInt64} ' +
  'AND kafka_offset < {in_until_1:UInt64} AND bitShiftRight(kafka_offset, 10) >= {in_first_1:UInt64} ' +
  'AND bitShiftRight(kafka_offset, 10) <= {in_last_1:UInt64}))'
const PARAMS = {
  ...{ in_topic_0: TOPIC, in_partition_0: 0, in_from_0: 1_000, in_until_0: 2_049, in_first_0: 0, in_last_0: 2 },
  ...{ in_topic_1: TOPIC, in_partition_1: 3, in_from_1: 0, in_until_1: 1, in_first_1: 0, in_last_1: 0 },
}
const END = 'ORDER BY topic_id, kafka_partition, kafka_offset\nLIMIT {limit:UInt32} BY topic_id, kafka_partition'

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
      `WHERE ${WITHIN}\n  AND event = {event:String}\n` +
        '  AND (org_id IN {organizations:Array(String)} OR login_org_id IN {organizations:Array(String)})' +
        ' AND indexHint(hasAny([org_id, login_org_id], {organizations:Array(String)}))\nORDER BY',
    )
    expect(query_params).toMatchObject({ event: 'a', organizations: ['o'] })
  })
})

it('duplicates before the position are found by the sorting key', () => {
  const before = [{ topicId: TOPIC, partition: 0, from: 0, until: 1_000 }]
  const key = 'toStartOfHour(time), org_id, time, event_id'
  expect(duplicatesQuery({ stream: authAudits, filters: NOTHING, principal: ALL }, RANGES, 83, before)).toEqual({
    query:
      `SELECT DISTINCT toString(event_id), toString(time)\nFROM auth_audits\nWHERE (${key}) IN (\nSELECT ${key}\nFROM auth_audits\n` +
      `WHERE ${WITHIN}\n${END}\n)\n` +
      '  AND ((topic_id = {before_topic_0:UUID} AND kafka_partition = {before_partition_0:UInt32} ' +
      'AND kafka_offset >= {before_from_0:UInt64} AND kafka_offset < {before_until_0:UInt64}))',
    query_params: {
      limit: 83,
      ...PARAMS,
      ...{ before_topic_0: TOPIC, before_partition_0: 0, before_from_0: 0, before_until_0: 1_000 },
    },
  })
})
