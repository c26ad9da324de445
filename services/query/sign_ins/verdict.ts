import type { ApiRecord } from '../clickhouse/rows.js'

/** What became of a sign-in as a whole. */
export interface Verdict {
  readonly outcome: string
  /** The record that the sign-in ended with: that of its first token, else the last one. */
  readonly end: ApiRecord
  /** Where a sign-in failed: the first stage that failed and was not passed later. */
  readonly failedAt?: ApiRecord
}

/**
 * What became of a sign-in, told by its stages in order; the first rule that applies decides:
 *
 * 1. A stage that succeeded and names a token: `success`. That is what a sign-in is for. It ends there: what follows in the same trace
 *    (a refreshed token, a log-out) is what the session did afterwards, and does not make it fail.
 * 2. A stage that failed and was not passed later: `failure`. A stage is passed when a later record of the same stage succeeded: a second
 *    password that was right.
 * 3. Else, what the last stage that tells its outcome tells: `success`, or `challenge` where something is waited for.
 * 4. `unknown`, where none tells.
 */
export function verdictOf(stages: readonly [ApiRecord, ...ApiRecord[]]): Verdict {
  const token = stages.find((stage) => stage.outcome === 'success' && stage.token_id !== undefined)
  if (token !== undefined) return { outcome: 'success', end: token }

  const end = stages.at(-1) ?? stages[0]
  const failedAt = stages.find(
    (failed, place) =>
      failed.outcome === 'failure' &&
      !stages.slice(place + 1).some(({ stage, outcome }) => stage === failed.stage && outcome === 'success'),
  )
  if (failedAt !== undefined) return { outcome: 'failure', end, failedAt }

  const telling = stages.findLast(({ outcome }) => outcome !== 'unknown')
  return { outcome: String(telling?.outcome ?? 'unknown'), end }
}
