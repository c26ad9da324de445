import { randomUUID } from 'node:crypto'
import type { ClickHouseClient } from '@clickhouse/client'
import type { DayPlan } from '../plan/plan_day.js'

/** Rows of one day, with the same organizations, that a run drops. */
export interface Drop {
  /** Also the `event_id` of its record in the audit trail. */
  readonly drop_id: string
  readonly stream: string
  readonly day: string
  readonly organizations: readonly string[]
  readonly rows: number
  /** RFC 3339. Also the time of its record. */
  readonly planned_at: string
}

/** What runs have begun to drop, so that the next run finishes and records what one left behind. */
export interface Ledger {
  /** The drops of a stream that were begun and not recorded. */
  unfinished(stream: string): Promise<readonly Drop[]>
  /** Notes what is about to be dropped, before it is. */
  begin(drops: readonly Drop[]): Promise<void>
  /** Notes that all of it is dropped and recorded. */
  finish(drops: readonly Drop[]): Promise<void>
}

export function clickHouseLedger(client: ClickHouseClient): Ledger {
  const write = async (drops: readonly Drop[], finished: boolean): Promise<void> => {
    if (drops.length === 0) return
    await client.insert({
      table: 'retention_drops',
      values: drops.map(({ planned_at, ...drop }) => ({
        ...drop,
        planned_at: planned_at.replace('T', ' ').replace('Z', ''),
        finished,
      })),
      format: 'JSONEachRow',
      clickhouse_settings: { async_insert: 0 },
    })
  }
  return {
    async unfinished(stream) {
      const result = await client.query({
        query: `SELECT drop_id, stream, toString(day) AS day, organizations, argMax(rows, changed_at) AS rows,
            formatDateTime(planned_at, '%Y-%m-%dT%H:%i:%S.%fZ') AS planned_at
          FROM retention_drops WHERE stream = {stream:String}
          GROUP BY drop_id, stream, day, organizations, planned_at HAVING NOT max(finished)`,
        query_params: { stream },
        format: 'JSONEachRow',
      })
      const rows = await result.json<Omit<Drop, 'rows'> & { readonly rows: string | number }>()
      return rows.map((row) => ({ ...row, rows: Number(row.rows) }))
    },
    begin: (drops) => write(drops, false),
    finish: (drops) => write(drops, true),
  }
}

/**
 * The drops of a day: those of its plan, and those that an earlier run left unfinished. Where there are both, the
 * earlier run dropped none of the rows or some: the larger number is that of all of them.
 */
export function dropsOf(
  { stream, day, groups }: Pick<DayPlan, 'stream' | 'day' | 'groups'>,
  unfinished: readonly Drop[],
  plannedAt: string,
): readonly Drop[] {
  const keyOf = (organizations: readonly string[]) => JSON.stringify(organizations)
  const left = new Map(unfinished.map((drop) => [keyOf(drop.organizations), drop]))
  const planned = groups.map(({ organizations, rows }): Drop => {
    const earlier = left.get(keyOf(organizations))
    left.delete(keyOf(organizations))
    if (earlier !== undefined) return { ...earlier, rows: Math.max(earlier.rows, rows) }
    return { drop_id: randomUUID(), stream: stream.name, day, organizations, rows, planned_at: plannedAt }
  })
  return [...planned, ...left.values()]
}
