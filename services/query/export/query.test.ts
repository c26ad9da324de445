import { expect, it } from 'vitest'
import type { Stream } from '../../../schemas/streams/index.js'
import type { Principal } from '../../runtime/auth/bearer_tokens.js'
import { exportQuery } from './query.js'
import type { ExportRequest } from './request.js'

const PRINCIPAL: Principal = { subject: 'ada', scopes: [], organizations: ['o'] }
const STREAM: Stream = {
  name: 'things',
  record: 'Thing',
  version: 1,
  doc: '',
  key: [],
  organizations: ['org_id'],
  outcomes: [{ outcome: 'success', when: { org_id: ['x'] } }],
  ocsf: {
    version: '1.6.0',
    categoryUid: 3,
    classUid: 3002,
    activities: [{ id: 2, fields: ['org_id'], words: ["o'ut"] }],
    activityId: 1,
    attributes: { user: { name: { of: ['org_id'], otherwise: 'Unknown' } } },
    unmapped: [],
  },
  fields: [
    { name: 'org_id', doc: '', cardinality: 'low' },
    { name: 'parts', doc: '', cardinality: 'high', list: [{ name: 'a', doc: '' }] },
  ],
}

function queryOf(format: ExportRequest['format'], page: ExportRequest['page'] = { order: 'oldest first' }) {
  return exportQuery(STREAM, { format, filters: { limit: 1, fields: [] }, page }, PRINCIPAL)
}

const OUTCOME =
  'multiIf(match(lower(org_id), {outcome_0_org_id:String}), {outcome_0:String}, {outcome_otherwise:String}) AS outcome'
const REST = [
  'FROM things FINAL',
  'WHERE (org_id IN {organizations:Array(String)})',
  'ORDER BY toStartOfMinute(time), time, event_id',
  "SETTINGS do_not_merge_across_partitions_select_final = 1, use_skip_indexes_if_final_exact_mode = 0, use_skip_indexes_for_disjunctions = 0, prefer_column_name_to_alias = 1, date_time_output_format = 'iso', output_format_json_escape_forward_slashes = 0, output_format_parquet_row_group_size = 100000, ignore_data_skipping_indices = 'wide_event_id,by_event_id,wide_org_id,by_org_id,wide_parts,by_parts'",
]

it('selects the columns of the format, in the order of the sorting key, and only records that may be read', () => {
  const parts = "JSONExtract(parts, 'Array(Map(String, String))') AS parts"
  expect(queryOf('ndjson')).toEqual({
    query: [`SELECT event_id, time, org_id, ${parts}, ${OUTCOME}`, ...REST, 'FORMAT JSONEachRow'].join('\n'),
    query_params: {
      outcome_0_org_id: '(?s)^[ \\t]*(?:x)[ \\t.!]*$',
      outcome_0: 'success',
      outcome_otherwise: 'unknown',
      organizations: ['o'],
    },
  })
  expect(queryOf('parquet').query).toBe(
    [`SELECT toString(event_id) AS event_id, time, org_id, ${parts}, ${OUTCOME}`, ...REST, 'FORMAT Parquet'].join('\n'),
  )
  const safe = (name: string) =>
    `if(match(${name}, '^[=+@\\t\\r\\n＝＋－＠-]'), concat('\\'', ${name}), ${name}) AS ${name}`
  expect(queryOf('csv').query).toBe(
    [`SELECT event_id, time, ${safe('org_id')}, ${safe('parts')}, ${OUTCOME}`, ...REST, 'FORMAT CSVWithNames'].join(
      '\n',
    ),
  )
})

it('continues after a record', () => {
  const eventId = '019b76da-a800-7000-8000-0123456789ab'
  const { query, query_params } = queryOf('ndjson', { order: 'oldest first', after: { time: 7n, eventId } })
  expect(query).toContain("(time > {after_time:DateTime64(6, 'UTC')} OR event_id > {after_event_id:UUID})")
  expect(query_params).toMatchObject({ after_event_id: eventId, dt_from: '1970-01-01 00:00:00.000007' })
})

it('builds an OCSF record in one column from literals of the declaration', () => {
  const { query } = queryOf('ocsf')
  expect(query).toMatch(/^SELECT concat\('\{"category_uid":3,"class_uid":3002,.* AS line\nFROM things FINAL/)
  expect(query).toContain("multiIf(lower(org_id) IN ('o\\'ut'), 2, 1) AS ocsf_activity")
  expect(query).toMatch(/FORMAT TSVRaw$/)
})
