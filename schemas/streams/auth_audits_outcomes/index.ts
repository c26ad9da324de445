import type { OutcomeRule } from '../outcome.js'
import { rulesByEvent } from './by_event.js'
import { rulesByResult } from './by_result.js'

/**
 * The outcome of a sign-in's stage, by the words that known producers emit. The collector's sources set `result`, so
 * these words matter for what programs emit by themselves. Patterns of one field and one outcome share a rule, because
 * ClickHouse evaluates each rule for each row. `docs/outcomes.md` lists the rules.
 */
export const authAuditsOutcomes: readonly OutcomeRule[] = [...rulesByResult, ...rulesByEvent]
