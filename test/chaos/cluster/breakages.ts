import type { ClickHouseClient } from '@clickhouse/client'
import type { Breakage, BreakageName } from '../faults/fault.js'

const TABLE = 'auth_audits'

/** Ways to make ClickHouse reject inserts into the table. Each leaves the rows as they are. */
export function breakages(client: ClickHouseClient): Readonly<Record<BreakageName, Breakage>> {
  const run = async (query: string): Promise<void> => {
    await client.command({ query })
  }
  // A column that no index and no check needs. Under another name it is missing for inserts, and keeps its values.
  // Without waiting until every part has the new name, which takes minutes under load.
  const rename = (from: string, to: string) =>
    run(`ALTER TABLE ${TABLE} RENAME COLUMN ${from} TO ${to} SETTINGS alter_sync = 0`)

  return {
    'missing column': {
      inflict: () => rename('ingested_at', 'ingested_at_dropped'),
      repair: () => rename('ingested_at_dropped', 'ingested_at'),
    },
    constraint: {
      inflict: () => run(`ALTER TABLE ${TABLE} ADD CONSTRAINT nothing CHECK user_id = ''`),
      repair: () => run(`ALTER TABLE ${TABLE} DROP CONSTRAINT nothing`),
    },
    // ClickHouse may have stored a block when its view fails, and answers with an error that ingest does not know.
    'failing view': {
      async inflict() {
        await run(`CREATE TABLE IF NOT EXISTS copies (u UInt8) ENGINE = MergeTree ORDER BY u`)
        await run(`CREATE MATERIALIZED VIEW failing TO copies AS SELECT toUInt8(throwIf(1)) AS u FROM ${TABLE}`)
      },
      repair: () => run('DROP VIEW failing'),
    },
  }
}
