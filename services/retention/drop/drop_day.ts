import { type ClickHouseClient, ClickHouseError } from '@clickhouse/client'
import { type DayPlan, partitionOf } from '../plan/plan_day.js'

/**
 * Drops what a plan names. Parts of which every row goes are dropped as they are: ClickHouse removes their files. A
 * part that has other rows too is written again without those that go, with its indexes and projections.
 *
 * A part never changes, so dropping it by its name drops the rows that the plan counted, and no row that came since.
 *
 * @throws {PlanOutdatedError} when a merge has replaced one of the parts: plan again
 */
export async function dropDay(client: ClickHouseClient, plan: DayPlan): Promise<void> {
  const { stream, day, condition, wholeParts, hasMixedParts } = plan
  for (const part of wholeParts) await dropPart(client, stream.name, part)
  if (!hasMixedParts) return
  await client.command({
    query: `ALTER TABLE {table:Identifier} DELETE IN PARTITION ID {partition:String} WHERE ${condition.sql}`,
    query_params: { ...condition.params, table: stream.name, partition: partitionOf(day) },
    // Returns when the parts are written again. Headers in between keep the connection alive.
    clickhouse_settings: {
      mutations_sync: '1',
      wait_end_of_query: 1,
      send_progress_in_http_headers: 1,
      http_headers_progress_interval_ms: '10000',
    },
  })
}

/** Thrown when a merge has replaced a part since the plan was made. */
export class PlanOutdatedError extends Error {
  override readonly name = 'PlanOutdatedError'
  readonly code = 'RETENTION_PLAN_OUTDATED'
  readonly retriable = true
}

async function dropPart(client: ClickHouseClient, table: string, part: string): Promise<void> {
  try {
    await client.command({
      query: 'ALTER TABLE {table:Identifier} DROP PART {part:String}',
      query_params: { table, part },
    })
  } catch (error) {
    if (!(error instanceof ClickHouseError) || error.code !== NO_SUCH_PART) throw error
    throw new PlanOutdatedError(`A merge has replaced the part ${part} of ${table}.`)
  }
}

/** ClickHouse's error code for a part that is not there. */
const NO_SUCH_PART = '232'
