import { isSignInStep } from '../../../schemas/derive/sign_in_steps.js'
import { VERDICT_RULES, type VerdictRule } from '../../../schemas/derive/sign_ins.js'
import type { ApiRecord } from '../clickhouse/rows.js'

/** The result of a sign-in as a whole. */
export interface Verdict {
  readonly outcome: string
  /** The record that the sign-in ended with: the one with its first token, else the last one. */
  readonly end: ApiRecord
  /** Where a sign-in failed: the first stage that failed and did not succeed later. */
  readonly failedAt?: ApiRecord
}

/** The result of a sign-in from its stages in order, by `VERDICT_RULES`. */
export function verdictOf(stages: readonly [ApiRecord, ...ApiRecord[]]): Verdict {
  const last = stages.at(-1) ?? stages[0]
  const steps = stages.filter(isSignInStep)
  for (const rule of VERDICT_RULES) {
    const found = find(rule, steps)
    if (found === undefined) continue
    return {
      outcome: String(found.outcome),
      end: rule.role === 'end' ? found : last,
      ...(rule.role === 'failure' ? { failedAt: found } : {}),
    }
  }
  return { outcome: 'unknown', end: last }
}

function find(rule: VerdictRule, steps: readonly ApiRecord[]): ApiRecord | undefined {
  const { outcomes, present, notSucceededLater: same } = rule
  const matches = (record: ApiRecord, index: number): boolean =>
    outcomes.some((outcome) => outcome === record.outcome) &&
    (present === undefined || record[present] !== undefined) &&
    (same === undefined ||
      !steps.slice(index + 1).some((later) => later[same] === record[same] && later.outcome === 'success'))
  return rule.find === 'first' ? steps.find(matches) : steps.findLast(matches)
}
