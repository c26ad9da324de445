/**
 * How the step that a record describes ended: it worked, it failed, it waits for more input (a second factor, a
 * password at another provider), or the record does not say.
 */
export const OUTCOMES = ['success', 'failure', 'challenge', 'unknown'] as const

export type Outcome = (typeof OUTCOMES)[number]

/**
 * A rule matches if every field in `when` matches one of its patterns. The first rule that matches a record gives its
 * outcome; if no rule matches, the outcome is `unknown`.
 *
 * A pattern must match the whole text of the field. The case of A to Z is ignored; `*` matches any text, also none. No
 * pattern matches an absent field.
 */
export interface OutcomeRule {
  readonly outcome: Outcome
  readonly when: Readonly<Record<string, readonly string[]>>
}
