import { describe, expect, it } from 'vitest'
import { authAudits, type OutcomeRule, type Stream } from '../../../../schemas/streams/index.js'
import { outcomeCondition, outcomeExpression } from './outcome_condition.js'

const ruled = (...outcomes: readonly OutcomeRule[]): Stream => ({ ...authAudits, outcomes })

describe('the outcome of a row', () => {
  it('is that of the first rule that matches, with every pattern as a parameter', () => {
    const stream = ruled(
      { outcome: 'failure', when: { stage: ['Login'], event: ["'; DROP TABLE auth_audits --", 'wrong *'] } },
      { outcome: 'success', when: { result: ['OK'] } },
    )
    expect(outcomeExpression(stream)).toEqual({
      sql:
        'multiIf(match(lower(stage), {outcome_0_stage:String}) AND match(lower(event), {outcome_0_event:String}), {outcome_0:String}, ' +
        'match(lower(result), {outcome_1_result:String}), {outcome_1:String}, {outcome_otherwise:String})',
      params: {
        outcome_0_stage: '(?s)^[ \\t]*(?:login)[ \\t.!]*$',
        outcome_0_event:
          "(?s)^[ \\t]*(?:';[ _-]drop[ _-]table[ _-]auth[ _-]audits[ _-][ _-][ _-]|wrong[ _-].*)[ \\t.!]*$",
        outcome_0: 'failure',
        outcome_1_result: '(?s)^[ \\t]*(?:ok)[ \\t.!]*$',
        outcome_1: 'success',
        outcome_otherwise: 'unknown',
      },
    })
  })

  it('is unknown where there are no rules', () => {
    expect(outcomeExpression(ruled())).toEqual({
      sql: '{outcome_otherwise:String}',
      params: { outcome_otherwise: 'unknown' },
    })
  })
})

it('outcomeCondition makes the requested outcomes a parameter; without any there is no condition', () => {
  const [condition] = outcomeCondition(ruled(), ['failure', 'challenge'])
  expect(condition).toEqual({
    sql: '{outcome_otherwise:String} IN {outcome:Array(String)}',
    params: { outcome_otherwise: 'unknown', outcome: ['failure', 'challenge'] },
  })
  expect(outcomeCondition(authAudits, undefined)).toEqual([])
})
