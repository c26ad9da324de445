import { SIGN_IN_SPAN_MS } from '../../../../schemas/derive/sign_in_lists.js'
import { isSignInStep } from '../../../../schemas/derive/sign_in_steps.js'
import type { Stream } from '../../../../schemas/streams/index.js'
import type { Principal } from '../../../runtime/auth/bearer_tokens.js'
import { type ApiRecord, microsOf, recordsOf } from '../../clickhouse/rows.js'
import { fetchPage, type PageSource } from '../../list/page.js'
import type { Page, Place } from '../../parameters/page.js'
import { type Candidates, candidatesOf, selects } from './candidates.js'
import { newestFirst } from './order.js'
import type { SignInsRequest } from './request.js'
import { type FoundSignIn, signInFrom } from './sign_in.js'
import { fetchTraces, MAX_TRACES } from './traces.js'

/*
 * Sign-ins are found by their stages. The stages that match the request are read as a list is, the newest first; then
 * all records of their traces are read, and decide. A sign-in has the place of the newest stage by which it can be
 * found, so a cursor of stages is one of sign-ins, too.
 */

/** A sign-in has about so many stages. */
const STAGES = 5
/** The fewest and the most stages that are read at once. */
const [MIN_STAGES_READ, MAX_STAGES_READ] = [100, 2_000]
/** After so many traces, or so long, an answer has what was found, and how to go on. */
const MAX_TRACES_READ = 2_000
const TIMEOUT_MS = 10_000

export interface SignInsPage {
  readonly signIns: readonly FoundSignIn[]
  /** After which stage to go on; absent when all stages were read. */
  readonly next?: ApiRecord
}

/** @throws {DatabaseError} */
export async function fetchSignIns(
  stream: Stream,
  { selected, limit, bounds, page }: SignInsRequest,
  principal: Principal,
  source: PageSource,
): Promise<SignInsPage> {
  const { clock = () => performance.now() } = source
  const deadline = clock() + TIMEOUT_MS
  const candidates = candidatesOf(selected)
  const signIns: FoundSignIn[] = []
  let tracesRead = 0
  let after = page.after
  for (;;) {
    const asked = Math.min(MAX_STAGES_READ, Math.max(MIN_STAGES_READ, (limit - signIns.length) * STAGES))
    const place: Page = { order: 'newest first', ...(after === undefined ? {} : { after }) }
    const { stages, isLast } = await fetchStages(place, asked)
    const newest = newestOfTraces(stages)
    for (let begun = 0; begun < newest.length; begun += MAX_TRACES) {
      const some = newest.slice(begun, begun + MAX_TRACES)
      const records = await fetchTraces(stream, some, principal, source)
      tracesRead += some.length
      for (const stage of some) {
        const found = signInFrom(stage, records.get(String(stage.trace_id)) ?? [])
        if (found === undefined || isFoundBefore(stage, found) || !isSelected(found)) continue
        signIns.push(found)
        if (signIns.length === limit) return { signIns, next: stage }
      }
    }
    const last = stages.at(-1)
    if (isLast || last === undefined) return { signIns }
    after = placeOf(last)
    if (tracesRead >= MAX_TRACES_READ || clock() > deadline) return { signIns, next: last }
  }

  /** The next stages by which sign-ins are found. */
  async function fetchStages(place: Page, count: number) {
    const lists = await Promise.all(
      candidates.alternatives.map((filters) =>
        fetchPage(stream, { filters: { limit: count, ...bounds, ...filters }, page: place }, principal, source),
      ),
    )
    return merged(lists.map((rows) => ({ records: recordsOf(stream)(rows), isLast: rows.length < count })))
  }

  /** Whether a newer stage of the sign-in has found it already, on this page or on one before. */
  function isFoundBefore(stage: ApiRecord, { steps }: FoundSignIn): boolean {
    return steps.some((step) => newestFirst(step, stage) < 0 && isCandidate(candidates, step))
  }

  function isCandidate({ matches }: Candidates, step: ApiRecord): boolean {
    const time = microsOf(step)
    return (bounds.from ?? time) <= time && time < (bounds.until ?? time + 1n) && matches(step)
  }

  function isSelected({ steps, verdict }: FoundSignIn): boolean {
    return selects(selected, steps) && (selected.outcomes?.includes(verdict.outcome) ?? true)
  }
}

interface Stages {
  readonly records: readonly ApiRecord[]
  /** Whether no more follow. */
  readonly isLast: boolean
}

/** Several lists as one, as far as each of them reaches. */
function merged(lists: readonly Stages[]): { readonly stages: readonly ApiRecord[]; readonly isLast: boolean } {
  const ends = lists.flatMap(({ records, isLast }) => (isLast ? [] : (records.at(-1) ?? [])))
  const [end] = ends.toSorted(newestFirst)
  const byId = new Map(lists.flatMap(({ records }) => records.map((record) => [record.time + record.event_id, record])))
  const stages = [...byId.values()].toSorted(newestFirst)
  return {
    stages: end === undefined ? stages : stages.filter((stage) => newestFirst(stage, end) <= 0),
    isLast: end === undefined,
  }
}

/** Of each trace, the newest of the stages that are steps of a sign-in. */
function newestOfTraces(stages: readonly ApiRecord[]): readonly ApiRecord[] {
  const newest = new Map<string, ApiRecord>()
  for (const stage of stages) {
    if (stage.trace_id === undefined || !isSignInStep(stage)) continue
    const traceId = String(stage.trace_id)
    const newer = newest.get(traceId)
    // A trace may have another sign-in, long before.
    const key = newer === undefined || isWithinSpan(newer, stage) ? traceId : `${traceId}\0${stage.event_id}`
    if (!newest.has(key)) newest.set(key, stage)
  }
  return [...newest.values()]
}

function isWithinSpan(a: ApiRecord, b: ApiRecord): boolean {
  const apart = microsOf(a) - microsOf(b)
  return (apart < 0n ? -apart : apart) <= BigInt(SIGN_IN_SPAN_MS) * 1_000n
}

function placeOf(record: ApiRecord): Place {
  return { time: microsOf(record), eventId: record.event_id }
}
