import { randomUUID } from 'node:crypto'
import type { ClickHouseClient } from '@clickhouse/client'
import { scalar } from '../../fixtures/records/scalar.js'
import type { DeduplicationWindow } from '../faults/fault.js'

const SHIPPED_WINDOW = 10_000
/** Some hundred inserts, on a busy machine. */
const PASSES_WITHIN_MS = 180_000
const INSERTS_AT_ONCE = 8

/** The shipped table, beside the one that workers write to. */
export const SHIPPED = 'auth_audits_shipped'

/**
 * Replaces the shipped table with one that differs in one thing: merges fold nothing. So duplicates stay visible
 * although ClickHouse may merge.
 */
export async function keepDuplicates(client: ClickHouseClient): Promise<void> {
  const shipped = await scalar(client, 'SHOW CREATE TABLE auth_audits')
  const statement = shipped.replace('ENGINE = ReplacingMergeTree', 'ENGINE = MergeTree')
  if (statement === shipped) throw new Error('auth_audits is not a ReplacingMergeTree.')
  await client.command({ query: `RENAME TABLE auth_audits TO ${SHIPPED}` })
  await client.command({ query: statement })
}

export function deduplicationWindow(client: ClickHouseClient): DeduplicationWindow {
  async function resize(inserts: number): Promise<void> {
    await client.command({
      query: `ALTER TABLE auth_audits MODIFY SETTING non_replicated_deduplication_window = ${inserts}`,
    })
  }

  /**
   * The number of blocks in the table. The name of a part is its day, its first and last block number, and its level.
   */
  async function blocks(): Promise<number> {
    return Number(await scalar(client, "SELECT max(toUInt64(splitByChar('_', _part)[3])) FROM auth_audits"))
  }

  /** Inserts a record of no topic, which nothing looks for. ClickHouse remembers its token like any other. */
  async function insert(): Promise<void> {
    await client.insert({
      table: 'auth_audits',
      values: [{ event_id: randomUUID(), time: Date.now() * 1_000, topic_id: randomUUID() }],
      format: 'JSONEachRow',
    })
  }

  let size = SHIPPED_WINDOW
  return {
    async shrink(inserts) {
      size = inserts
      await resize(inserts)
    },
    async passed() {
      const needed = (await blocks()) + size
      const deadline = Date.now() + PASSES_WITHIN_MS
      while (Date.now() < deadline) {
        if ((await blocks()) > needed) return true
        await Promise.all(Array.from({ length: INSERTS_AT_ONCE }, insert))
      }
      return false
    },
    restore: () => resize(SHIPPED_WINDOW),
  }
}
