import type { ClickHouseClient } from '@clickhouse/client'
import type { Stream } from '../../../schemas/streams/index.js'
import { type Condition, expiredCondition, type Policy, shortestPeriod } from './expired.js'

const DAY_MS = 24 * 60 * 60 * 1000

/** The records of one day that go. */
export interface DayPlan {
  readonly stream: Stream
  /** `YYYY-MM-DD`, in UTC: the table's partition. */
  readonly day: string
  readonly condition: Condition
  /** How many rows go, by the organizations that they name; only those of which any goes. */
  readonly groups: readonly Group[]
  /** The parts of which all rows go. */
  readonly wholeParts: readonly string[]
  /** Whether there are parts of which some rows go and others stay. */
  readonly hasMixedParts: boolean
}

/** Rows that name the same organizations. */
export interface Group {
  /** In the order of the stream's `organizations`; empty text where a row names none. */
  readonly organizations: readonly string[]
  readonly rows: number
}

/** The days with records of which any may go, the oldest first. `today` is `YYYY-MM-DD`. */
export async function daysBeyond(
  client: ClickHouseClient,
  stream: Stream,
  policy: Policy,
  today: string,
): Promise<readonly string[]> {
  const result = await client.query({
    // A partition's id is its day, and ClickHouse knows it without reading a record.
    query: 'SELECT DISTINCT _partition_id AS id FROM {table:Identifier} ORDER BY id',
    query_params: { table: stream.name },
    format: 'JSONEachRow',
  })
  const rows = await result.json<{ readonly id: string }>()
  return rows
    .map(({ id }) => `${id.slice(0, 4)}-${id.slice(4, 6)}-${id.slice(6)}`)
    .filter((day) => ageOf(day, today) > shortestPeriod(policy.periods))
}

/** What goes of a day; undefined where nothing does. */
export async function planDay(
  client: ClickHouseClient,
  stream: Stream,
  policy: Policy,
  day: string,
  today: string,
): Promise<DayPlan | undefined> {
  const condition = expiredCondition(stream, policy, ageOf(day, today))
  if (condition === undefined) return undefined
  const organizations = stream.organizations.map((field) => `toString(${field})`).join(', ')
  const result = await client.query({
    query: `SELECT _part, [${organizations}] AS named, countIf(${condition.sql}) AS going, count() AS all
      FROM {table:Identifier} WHERE _partition_id = {partition:String} GROUP BY _part, named`,
    query_params: { ...condition.params, table: stream.name, partition: partitionOf(day) },
    format: 'JSONEachRow',
  })
  const rows = await result.json<Counted>()
  const parts = new Map<string, { going: number; all: number }>()
  const groups = new Map<string, Group>()
  for (const { _part, named, going, all } of rows) {
    const part = parts.get(_part) ?? { going: 0, all: 0 }
    parts.set(_part, { going: part.going + Number(going), all: part.all + Number(all) })
    if (Number(going) === 0) continue
    const key = JSON.stringify(named)
    groups.set(key, { organizations: named, rows: (groups.get(key)?.rows ?? 0) + Number(going) })
  }
  if (groups.size === 0) return undefined
  const touched = [...parts].filter(([, { going }]) => going > 0)
  return {
    ...{ stream, day, condition },
    groups: [...groups.values()],
    wholeParts: touched.filter(([, { going, all }]) => going === all).map(([name]) => name),
    hasMixedParts: touched.some(([, { going, all }]) => going < all),
  }
}

interface Counted {
  readonly _part: string
  readonly named: readonly string[]
  readonly going: string | number
  readonly all: string | number
}

/** The id of a day's partition. */
export function partitionOf(day: string): string {
  return day.replaceAll('-', '')
}

function ageOf(day: string, today: string): number {
  return (Date.parse(today) - Date.parse(day)) / DAY_MS
}
