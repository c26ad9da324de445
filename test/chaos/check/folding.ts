import type { ClickHouseClient } from '@clickhouse/client'
import { SHIPPED } from '../cluster/table.js'
import type { Findings } from './findings.js'

/**
 * Checks that readers see a record once that its producer sent twice. Copies the rows into the shipped table and counts
 * them with FINAL, as the query service reads.
 */
export async function checkFolding(client: ClickHouseClient, findings: Findings): Promise<void> {
  await client.command({ query: `TRUNCATE TABLE ${SHIPPED}` })
  // Day by day: ten million records at once exceed the time limit of a request.
  const days = await client.query({
    query: 'SELECT DISTINCT _partition_id AS id FROM auth_audits',
    format: 'JSONEachRow',
  })
  for (const { id } of await days.json<{ id: string }>()) {
    await client.command({
      query: `INSERT INTO ${SHIPPED} SELECT * FROM auth_audits WHERE _partition_id = {id:String}`,
      query_params: { id },
    })
  }
  const result = await client.query({
    query: `SELECT toString(event_id) AS event_id, count() AS rows, any(kafka_partition) AS partition
      FROM ${SHIPPED} FINAL GROUP BY event_id HAVING rows > 1 LIMIT 100
      SETTINGS do_not_merge_across_partitions_select_final = 1`,
    format: 'JSONEachRow',
  })
  for (const { event_id, rows, partition } of await result.json<{
    event_id: string
    rows: string
    partition: number
  }>()) {
    findings.add('duplicated', { partition, eventId: event_id, what: `${rows} rows are left with FINAL` })
  }
}
