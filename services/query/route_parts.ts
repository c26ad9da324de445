import type { Database } from './clickhouse/database.js'
import type { Events } from './events.js'
import type { AnswerMemory } from './limits/answer_memory.js'

/** What every route needs. */
export interface RouteParts {
  readonly database: Database
  readonly answerMemory: AnswerMemory
  readonly events: Events
  /** The present time, in microseconds since the epoch. */
  readonly now: () => bigint
}
