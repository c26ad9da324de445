import type { Events } from './events.js'
import type { AnswerMemory } from './limits/answer_memory.js'

/** What every route needs. Its queries go to the database of the request, which counts them. */
export interface RouteParts {
  readonly answerMemory: AnswerMemory
  readonly events: Events
  /** The present time, in microseconds since the epoch. */
  readonly now: () => bigint
}
