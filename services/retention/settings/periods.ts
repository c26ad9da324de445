import type { ClickHouseClient } from '@clickhouse/client'
import { RETENTION_DAYS } from '../../../schemas/streams/index.js'

/** How long the records of a stream are kept, in days. */
export interface Periods {
  /** For organizations without a period of their own, and for records that name no organization. */
  readonly standard: number
  /** By organization. */
  readonly own: ReadonlyMap<string, number>
}

/** A period that an operator set. Without an organization, it is the standard of the stream. */
export interface Period {
  readonly stream: string
  readonly organization: string
  readonly days: number
  readonly set_at: string
  readonly set_by: string
}

/** The longest period: a century. */
export const MAX_PERIOD_DAYS = 36_500

/** The periods that are set now. */
export async function readPeriods(client: ClickHouseClient): Promise<readonly Period[]> {
  const result = await client.query({
    query: `SELECT stream, organization, argMax(days, changed_at) AS days,
        toString(max(changed_at)) AS set_at, argMax(set_by, changed_at) AS set_by
      FROM retention_periods GROUP BY stream, organization HAVING days > 0 ORDER BY stream, organization`,
    format: 'JSONEachRow',
  })
  return result.json<Period>()
}

/** The periods of a stream. */
export function periodsOf(stream: string, periods: readonly Period[]): Periods {
  const ofStream = periods.filter((period) => period.stream === stream)
  return {
    standard: ofStream.find(({ organization }) => organization === '')?.days ?? RETENTION_DAYS,
    own: new Map(
      ofStream.filter(({ organization }) => organization !== '').map(({ organization, days }) => [organization, days]),
    ),
  }
}

/** Sets a period. Without `days`, the standard counts again. */
export async function setPeriod(
  client: ClickHouseClient,
  {
    stream,
    organization,
    days = 0,
    setBy,
  }: {
    readonly stream: string
    readonly organization: string
    readonly days?: number | undefined
    readonly setBy: string
  },
): Promise<void> {
  await client.insert({
    table: 'retention_periods',
    values: [{ stream, organization, days, set_by: setBy }],
    format: 'JSONEachRow',
    clickhouse_settings: { async_insert: 0 },
  })
}
