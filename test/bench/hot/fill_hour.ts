import { setTimeout as delay } from 'node:timers/promises'
import { type ClickHouseClient, createClient } from '@clickhouse/client'
import { ORGANIZATION_INDEXES, tenantIndexes, valueIndexes } from '../../../schemas/derive/filter_indexes.js'
import { authAudits } from '../../../schemas/streams/index.js'
import { fill } from '../../fixtures/records/filled_table.js'
import { scalar } from '../../fixtures/records/scalar.js'
import type { Servers } from '../servers.js'

/** The rows are spread over this time until now. */
const MINUTES = 58
/** An insert of ingest has at most 36,000 rows. */
const BLOCK_ROWS = 30_000

/**
 * Fills the last hour as ingest leaves it: small parts without filters and projections, which ClickHouse merges as it
 * sees fit.
 */
export async function fillHour(
  { admin, clickhouse }: Servers,
  { database, rows, people }: { readonly database: string; readonly rows: number; readonly people: number },
): Promise<void> {
  const begun = performance.now()
  const { name, password } = clickhouse.users.ingest
  const client = createClient({
    url: clickhouse.url,
    database,
    username: name,
    password,
    request_timeout: 1_800_000,
  })
  const indexes = [...valueIndexes(authAudits), ...tenantIndexes(authAudits), ...ORGANIZATION_INDEXES]
  await fill(client, {
    rows,
    people,
    days: MINUTES / 60 / 24,
    settings: {
      max_block_size: String(BLOCK_ROWS),
      min_insert_block_size_rows: String(BLOCK_ROWS),
      min_insert_block_size_bytes: '0',
      optimize_on_insert: '0',
      exclude_materialize_skip_indexes_on_insert: indexes.join(','),
    },
  })
  await client.close()
  const filled = performance.now()
  await untilMerged(admin, database)
  const parts = await scalar(
    admin,
    `SELECT count() FROM system.parts WHERE active AND database = '${database}' AND table = 'auth_audits'`,
  )
  const took = (from: number, to: number) => `${((to - from) / 1_000).toFixed(0)} s`
  console.log(
    `${rows} rows within ${MINUTES} minutes, filled in ${took(begun, filled)}, ` +
      `merges ended after ${took(filled, performance.now())}: ${parts} parts`,
  )
}

/** Waits until ClickHouse merges nothing more by itself. */
async function untilMerged(admin: ClickHouseClient, database: string): Promise<void> {
  let quiet = 0
  while (quiet < 10) {
    const merging = await scalar(admin, `SELECT count() FROM system.merges WHERE database = '${database}'`)
    quiet = merging === '0' ? quiet + 1 : 0
    await delay(500)
  }
}
