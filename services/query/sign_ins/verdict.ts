import type { ApiRecord } from '../clickhouse/rows.js'

/** The result of a sign-in as a whole. */
export interface Verdict {
  readonly outcome: string
  /** The record that the sign-in ended with: the one with its first token, else the last one. */
  readonly end: ApiRecord
  /** Where a sign-in failed: the first stage that failed and did not succeed later. */
  readonly failedAt?: ApiRecord
}

/**
 * The result of a sign-in, from its stages in order. The first rule that applies decides:
 *
 * 1. A stage succeeded and names a token: `success`, because a sign-in exists to get one. The sign-in ends there. Later records
 *    of the trace (a refreshed token, a log-out) are what the session did afterwards, and can't make it fail.
 * 2. A stage failed and no later record of the same stage succeeded: `failure`. A correct second password makes up for a
 *    wrong first one.
 * 3. Otherwise the outcome of the last stage that has one: `success`, or `challenge` where the person has to answer.
 * 4. `unknown`, where no stage has an outcome.
 */
export function verdictOf(stages: readonly [ApiRecord, ...ApiRecord[]]): Verdict {
  const token = stages.find((stage) => stage.outcome === 'success' && stage.token_id !== undefined)
  if (token !== undefined) return { outcome: 'success', end: token }

  const end = stages.at(-1) ?? stages[0]
  const failedAt = stages.find(
    (failed, index) =>
      failed.outcome === 'failure' &&
      !stages.slice(index + 1).some(({ stage, outcome }) => stage === failed.stage && outcome === 'success'),
  )
  if (failedAt !== undefined) return { outcome: 'failure', end, failedAt }

  const decisive = stages.findLast(({ outcome }) => outcome !== 'unknown')
  return { outcome: String(decisive?.outcome ?? 'unknown'), end }
}
