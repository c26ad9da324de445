import type { ClickHouseClient } from '@clickhouse/client'
import type { Stream } from '../../schemas/streams/index.js'
import type { Audit } from '../emitter/index.js'
import { currentDatabase, holdQueryId } from '../runtime/clickhouse_lock.js'
import { dropDay, PlanOutdatedError } from './drop/drop_day.js'
import { clickHouseLedger, type Drop, dropsOf, type Ledger } from './drop/ledger.js'
import { recordOf } from './drop/record.js'
import { RetentionError } from './errors.js'
import type { Events } from './events.js'
import type { Policy } from './plan/expired.js'
import { daysBeyond, planDay } from './plan/plan_day.js'
import { readHolds } from './settings/holds.js'
import { periodsOf, readPeriods } from './settings/periods.js'

export interface RunParts {
  readonly client: ClickHouseClient
  readonly streams: readonly Stream[]
  readonly events: Events
  /** Publishes a record to the stream `audits`. Resolves when Kafka has acknowledged it. */
  readonly publish: (record: Audit) => Promise<unknown>
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number
  /** Ends the run after the day that it is at. */
  readonly signal: AbortSignal
  readonly ledger?: Ledger
}

/** ClickHouse notices within this time that a run has ended. */
const LOCK_WAIT_MS = 2_000

/**
 * Drops what is older than its retention, day by day: notes what goes, drops it, records it in the audit trail, and
 * notes that it is done. A run that ends in the middle leaves its note, and the next run finishes what it says.
 *
 * @throws {RetentionError} `RETENTION_RUNNING` while another run is at work
 */
export async function run(parts: RunParts): Promise<void> {
  const { client, streams } = parts
  const onBusy = () =>
    new RetentionError('RETENTION_RUNNING', 'Another run is at work. It drops what there is to drop.')
  const lock = await holdQueryId(client, `gatelog-retention-${await currentDatabase(client)}`, {
    waitMs: LOCK_WAIT_MS,
    onBusy,
  })
  try {
    for (const stream of streams) await runStream(stream, parts)
  } finally {
    lock.release()
  }
}

async function runStream(stream: Stream, parts: RunParts): Promise<void> {
  const { client, signal, now, ledger = clickHouseLedger(client) } = parts
  const today = new Date(now()).toISOString().slice(0, 10)
  const unfinished = await ledger.unfinished(stream.name)
  const days = await daysBeyond(client, stream, await policyOf(stream, client), today)
  for (const day of new Set([...unfinished.map((drop) => drop.day), ...days].toSorted())) {
    if (signal.aborted) return
    const left = unfinished.filter((drop) => drop.day === day)
    await runDay(stream, { day, today, left }, { ...parts, ledger })
  }
}

interface Day {
  readonly day: string
  readonly today: string
  /** What an earlier run left behind. */
  readonly left: readonly Drop[]
}

const ATTEMPTS = 10

async function runDay(
  stream: Stream,
  { day, today, left }: Day,
  { client, ledger, publish, events, now }: RunParts & { readonly ledger: Ledger },
): Promise<void> {
  let drops = left
  for (let attempt = 1; ; attempt++) {
    // Read for each day, so that a hold counts from the next day on.
    const plan = await planDay(client, stream, await policyOf(stream, client), day, today)
    drops = dropsOf(plan ?? { stream, day, groups: [] }, drops, new Date(now()).toISOString())
    if (drops.length === 0) return
    await ledger.begin(drops)
    try {
      if (plan !== undefined) await dropDay(client, plan)
      break
    } catch (error) {
      if (!(error instanceof PlanOutdatedError) || attempt === ATTEMPTS) throw error
    }
  }
  await Promise.all(drops.map((drop) => publish(recordOf(stream, drop))))
  await ledger.finish(drops)
  events.dropped(
    stream.name,
    day,
    drops.reduce((sum, { rows }) => sum + rows, 0),
  )
}

/** What decides now which records of a stream go. */
export async function policyOf(stream: Stream, client: ClickHouseClient): Promise<Policy> {
  const [periods, holds] = [await readPeriods(client), await readHolds(client)]
  return { periods: periodsOf(stream.name, periods), holds }
}
