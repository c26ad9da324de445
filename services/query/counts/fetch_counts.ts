import type { Stream } from '../../../schemas/streams/index.js'
import type { Principal } from '../../runtime/auth/bearer_tokens.js'
import type { Database } from '../clickhouse/database.js'
import type { Row } from '../clickhouse/rows.js'
import type { TimeRange } from '../clickhouse/time_bounds.js'
import type { KnownCopies } from './copies.js'
import { isMerged, overlaps, type Part, partOf, partsQuery } from './parts.js'
import { countsQuery } from './query.js'
import type { CountsRequest } from './request.js'
import { canRollUp, rolledUpQuery } from './rolled_up_query.js'
import { reachedSlots, sharedSlotsQuery } from './shared_slots.js'
import { rangesOf, SLOT, wholeSlots } from './slots.js'

/*
 * Counts must be exact although a producer may send a record twice. `FINAL` finds copies, but it reads and merges every
 * record. Copies have the same time, and a merge removes them. So if all records of a slot of time lie in one merged
 * part, they have no copies, and the part's projection has their number. Where merged parts overlap, the service looks
 * for copies once. Only the other slots are read with `FINAL`: those with copies, and the newest ones, which are not
 * merged yet.
 *
 * A part never changes, but merges replace parts. If one of the parts is gone when its records are counted, the answer
 * lacks them, so the question is asked again.
 */

/** With fewer records than this in a slot, the projection has about as many rows as the table. */
const MIN_ROWS_PER_SLOT = 250
/** With fewer records in all, `FINAL` is fast. */
const MIN_ROWS = 200_000
/** Each part is a branch of a query. */
const MAX_PARTS = 100
/** Each range is a condition of a query. */
const MAX_RANGES = 16
const MAX_SHARED_SLOTS = 20_000
const ATTEMPTS = 5

export interface CountsSource {
  readonly database: Database
  readonly signal: AbortSignal
  readonly knownCopies: KnownCopies
  /** With fewer records than this, everything is read with `FINAL`. */
  readonly minRows?: number
}

/**
 * The rows of `countsQuery`.
 *
 * @throws {DatabaseError}
 */
export async function fetchCounts(
  stream: Stream,
  request: CountsRequest,
  principal: Principal,
  source: CountsSource,
): Promise<readonly Row[]> {
  const rolledUp = canRollUp(stream, request, principal)
    ? await fetchRolledUp(stream, request, principal, source)
    : undefined
  return rolledUp ?? source.database.rows(countsQuery(stream, request, principal), source.signal)
}

/** Undefined where the projection does not help. */
async function fetchRolledUp(
  stream: Stream,
  request: CountsRequest,
  principal: Principal,
  { database, signal, knownCopies, minRows = MIN_ROWS }: CountsSource,
): Promise<readonly Row[] | undefined> {
  const range = { from: request.filters.from, until: request.filters.until }
  const slots = wholeSlots(range)
  if (slots.from >= slots.until) return undefined
  const partsNow = async (): Promise<readonly Part[]> =>
    (await database.rows(partsQuery(stream, range), signal)).map(partOf).filter((part) => overlaps(part, range))

  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const parts = await partsNow()
    const merged = parts.filter(isMerged).map(({ name }) => name)
    if (merged.length === 0 || merged.length > MAX_PARTS || !isDense(parts, minRows)) return undefined
    const found =
      reachedSlots(parts, slots, fewSlots(slots)) ??
      (await fetchSharedSlots(stream, merged, slots, { database, signal }))
    if (found === undefined) return undefined
    const withFinal = await slotsForFinal(stream, parts, found, { database, signal, knownCopies })
    const shared = rangesOf(withFinal, range, MAX_RANGES)
    const rows = await database.rows(rolledUpQuery(stream, request, principal, { merged, slots, shared }), signal)
    if (rows[0]?.at(-1) === String(merged.length)) return rows.map((row) => row.slice(0, -1))
    // Without a row, only the parts that are still there afterwards were there.
    const left = rows.length > 0 ? [] : (await partsNow()).map(({ name }) => name)
    if (merged.every((name) => left.includes(name))) return rows
  }
  return undefined
}

/** Those of the shared slots whose records can't be counted from the projection: with copies, or not merged yet. */
async function slotsForFinal(
  stream: Stream,
  parts: readonly Part[],
  shared: readonly bigint[],
  { knownCopies, ...source }: CountsSource,
): Promise<readonly bigint[]> {
  const loose = parts.filter((part) => !isMerged(part))
  const isLoose = (from: bigint) => loose.some((part) => overlaps(part, { from, until: from + SLOT }))
  const merged = shared.filter((slot) => !isLoose(slot))
  const copies = await knownCopies.slotsWithCopies(stream, parts.filter(isMerged), merged, source)
  return copies === undefined ? shared : shared.filter((slot) => isLoose(slot) || copies.includes(slot))
}

/** As many slots as are sooner read with `FINAL` than looked at more closely. */
function fewSlots({ from, until }: TimeRange): number {
  return Math.ceil(Number((until - from) / SLOT) / 30)
}

/** The starts of the slots that more than one part has records of; undefined if there are too many. */
async function fetchSharedSlots(
  stream: Stream,
  merged: readonly string[],
  slots: TimeRange,
  { database, signal }: Pick<CountsSource, 'database' | 'signal'>,
): Promise<readonly bigint[] | undefined> {
  const found = await database.rows(sharedSlotsQuery(stream, merged, slots, MAX_SHARED_SLOTS + 1), signal)
  if (found.length > MAX_SHARED_SLOTS) return undefined
  return found.map(([seconds = '0']) => BigInt(seconds) * 1_000_000n)
}

/** Whether slots have many records, where the parts have any. */
function isDense(parts: readonly Part[], minRows: number): boolean {
  const rows = parts.reduce((sum, part) => sum + part.rows, 0)
  const oldest = parts.reduce((least, { oldest }) => (oldest < least ? oldest : least), parts[0]?.oldest ?? 0n)
  const newest = parts.reduce((most, { newest }) => (newest > most ? newest : most), 0n)
  return rows >= minRows && (minRows === 0 || rows >= MIN_ROWS_PER_SLOT * Number((newest - oldest) / SLOT))
}
