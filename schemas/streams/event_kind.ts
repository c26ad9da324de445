import type { Outcome } from './outcome.js'

/**
 * What a record means in a log of log-ins and log-outs, as other products keep one. A record that is neither, such as a
 * second factor or a token, is `other`.
 */
export const EVENT_KINDS = ['login', 'login_failed', 'logout', 'other'] as const

export type EventKind = (typeof EVENT_KINDS)[number]

/**
 * A rule matches if every field in `when` matches one of its patterns, as those of an `OutcomeRule`, and the record's
 * outcome is one of `outcomes`. The first rule that matches gives the kind; if no rule matches, it is `other`.
 */
export interface EventKindRule {
  readonly kind: EventKind
  readonly when?: Readonly<Record<string, readonly string[]>>
  readonly outcomes?: readonly Outcome[]
}
