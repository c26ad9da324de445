import type { ClickHouseClient } from '@clickhouse/client'
import type { Breakage, BreakageName } from '../faults/fault.js'

const TABLE = 'auth_audits'
/** A column that inserts have, and no index, no constraint and no check needs. */
const COLUMN = 'ingested_at'

/** Ways to make ClickHouse reject inserts into the table. */
export function breakages(client: ClickHouseClient): Readonly<Record<BreakageName, Breakage>> {
  const run = async (query: string): Promise<void> => {
    await client.command({ query })
  }
  let putBack = ''

  /** The statement that adds the column where it was: other statements name no columns. */
  async function addition(): Promise<string> {
    const result = await client.query({ query: `DESCRIBE TABLE ${TABLE}`, format: 'JSONEachRow' })
    const columns = await result.json<{ name: string; type: string }>()
    const at = columns.findIndex(({ name }) => name === COLUMN)
    return `ALTER TABLE ${TABLE} ADD COLUMN ${COLUMN} ${columns[at]?.type} AFTER ${columns[at - 1]?.name}`
  }

  return {
    'missing column': {
      async inflict() {
        putBack = await addition()
        // Without waiting until every part has lost it, which takes minutes under load.
        await run(`ALTER TABLE ${TABLE} DROP COLUMN ${COLUMN} SETTINGS alter_sync = 0`)
      },
      repair: () => run(putBack),
    },
    constraint: {
      inflict: () => run(`ALTER TABLE ${TABLE} ADD CONSTRAINT nothing CHECK user_id = ''`),
      repair: () => run(`ALTER TABLE ${TABLE} DROP CONSTRAINT nothing`),
    },
    // ClickHouse may have stored a block when its view fails, and answers with an error that ingest does not know.
    'failing view': {
      async inflict() {
        await run('CREATE TABLE IF NOT EXISTS copies (u UInt8) ENGINE = MergeTree ORDER BY u')
        await run(`CREATE MATERIALIZED VIEW failing TO copies AS SELECT toUInt8(throwIf(1)) AS u FROM ${TABLE}`)
      },
      repair: () => run('DROP VIEW failing'),
    },
  }
}
