import type { Fault } from '../../emitter/index.js'
import { Problem } from '../../runtime/problem.js'

/** A record as a body has it, or why it cannot be read. */
export type ReadRecord = { readonly record: unknown } | { readonly faults: readonly Fault[] }

/** Most records of one request. The answer has a result for each. */
export const MAX_RECORDS = 10_000

/** @throws {Problem} 413 `TOO_MANY_RECORDS` */
export function checkCount(records: number): void {
  if (records <= MAX_RECORDS) return
  throw new Problem(413, 'TOO_MANY_RECORDS', `A request may have ${MAX_RECORDS} records. Send fewer at a time.`)
}

/** A body that cannot be read as what its headers say. No record of it was stored. */
export function unreadable(reason: string): Problem {
  return new Problem(400, 'BODY_UNREADABLE', `The body cannot be read: ${reason}. Nothing of it was stored.`)
}
