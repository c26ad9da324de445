import { DESCRIBING, SIGN_IN_SPAN_MS } from '../../../../schemas/derive/sign_in_lists.js'
import { isSignInStep } from '../../../../schemas/derive/sign_in_steps.js'
import { MAX_STAGES } from '../../../../schemas/derive/sign_ins.js'
import { type ApiRecord, microsOf } from '../../clickhouse/rows.js'
import { inOrder, sessionOf } from '../steps.js'
import { summaryOf } from '../summary.js'
import { type Verdict, verdictOf } from '../verdict.js'

/** A sign-in that was found by one of its stages. */
export interface FoundSignIn {
  readonly traceId: string
  /** In order. */
  readonly records: readonly [ApiRecord, ...ApiRecord[]]
  /** The records that are steps of the sign-in. */
  readonly steps: readonly ApiRecord[]
  readonly verdict: Verdict
}

/** The sign-in of a stage, from the records of its trace; undefined if it has no step. */
export function signInFrom(stage: ApiRecord, ofTrace: readonly ApiRecord[]): FoundSignIn | undefined {
  const [span, at] = [BigInt(SIGN_IN_SPAN_MS) * 1_000n, microsOf(stage)]
  const near = ofTrace.filter((record) => microsOf(record) >= at - span && microsOf(record) <= at + span)
  const [first, ...rest] = inOrder(near).slice(0, MAX_STAGES)
  if (first === undefined) return undefined
  const records = [first, ...rest] as const
  const steps = records.filter(isSignInStep)
  return steps.length === 0
    ? undefined
    : { traceId: String(stage.trace_id), records, steps, verdict: verdictOf([first, ...rest]) }
}

/** A sign-in as a list shows it. */
export function listedSignIn({ traceId, records, verdict }: FoundSignIn): object {
  const session = sessionOf(verdict.end, records)
  return {
    trace_id: traceId,
    ...(session === undefined ? {} : { session }),
    ...summaryOf(verdict, records[0]),
    stages: records.length,
    ...Object.fromEntries(
      DESCRIBING.flatMap((name) => {
        const value = records.findLast((record) => record[name] !== undefined)?.[name]
        return value === undefined ? [] : [[name, value]]
      }),
    ),
  }
}
