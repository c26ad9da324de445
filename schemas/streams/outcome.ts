/**
 * What became of the step that a record tells of: it worked, it did not, it goes on once somebody has given more (a second factor, a
 * password at another provider), or the record does not say.
 */
export const OUTCOMES = ['success', 'failure', 'challenge', 'unknown'] as const

export type Outcome = (typeof OUTCOMES)[number]

/**
 * Records of which each field that `when` names fits one of its words have this outcome. The first rule that fits a record decides; where
 * none does, the outcome is `unknown`.
 *
 * A word fits a field whose whole text it is, whichever case the letters A to Z are in; `*` in a word stands for any text. No word fits a
 * field that is absent.
 */
export interface OutcomeRule {
  readonly outcome: Outcome
  readonly when: Readonly<Record<string, readonly string[]>>
}
