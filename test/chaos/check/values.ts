import type { ClickHouseClient } from '@clickhouse/client'
import { authAudits } from '../../../schemas/streams/index.js'
import { type Contents, eventIdText } from '../workload/content.js'
import type { Findings } from './findings.js'

const SAMPLE = 2_000

/** Compares every field of a sample of rows with what was sent. */
export async function checkValues(
  client: ClickHouseClient,
  topicId: string,
  { seed, contents, findings }: { readonly seed: number; readonly contents: Contents; readonly findings: Findings },
): Promise<void> {
  const result = await client.query({
    query: `SELECT *, toUnixTimestamp64Micro(time) AS micros FROM auth_audits
      WHERE topic_id = {topicId:UUID} ORDER BY cityHash64(event_id, now()) LIMIT {sample:UInt32}`,
    query_params: { topicId, sample: SAMPLE },
    format: 'JSONEachRow',
  })
  for (const row of await result.json<Record<string, unknown>>()) {
    const eventId = String(row.event_id)
    const number = Number.parseInt(eventId.slice(-12), 16)
    const { record } = contents.of(number)
    const expected: Record<string, unknown> = { event_id: eventIdText(seed, number), micros: String(record.time) }
    for (const { name } of authAudits.fields) expected[name] = record.fields[name] ?? ''
    const different = Object.keys(expected).filter((name) => String(row[name]) !== expected[name])
    if (different.length === 0) continue
    const partition = Number(row.kafka_partition)
    const offset = Number(row.kafka_offset)
    findings.add('wrong', { partition, offset, eventId, what: `not as it was sent: ${different.join(', ')}` })
  }
}
