import { describe, expect, it } from 'vitest'
import type { ApiRecord } from '../clickhouse/rows.js'
import { verdictOf } from './verdict.js'

/** Stages written as `Stage outcome`, and `Stage outcome token` where one names a token. */
function stages(...texts: readonly string[]): [ApiRecord, ...ApiRecord[]] {
  const [first, ...rest] = texts.map((text, index) => {
    const [stage, outcome, token_id] = text.split(' ')
    return {
      event_id: String(index),
      time: '2026-01-31T14:00:00.000000Z',
      ...(stage === '-' ? {} : { stage: String(stage) }),
      outcome: String(outcome),
      ...(token_id === undefined ? {} : { token_id }),
    }
  })
  if (first === undefined) throw new Error('A sign-in has a stage.')
  return [first, ...rest]
}

describe('verdictOf', () => {
  it.each<[string, readonly string[], string, number, number?]>([
    ['one stage that succeeded', ['Login success'], 'success', 0],
    ['one that failed', ['Login failure'], 'failure', 0, 0],
    ['one without an outcome', ['Login unknown'], 'unknown', 0],
    ['a second try that succeeded', ['Login failure', 'Login success'], 'success', 1],
    ['tries that all failed: the first', ['Login failure', 'Login failure'], 'failure', 1, 0],
    ['a try that failed after one that had succeeded', ['Login success', 'Login failure'], 'failure', 1, 1],
    ['another stage that succeeded later', ['Mfa failure', 'Message success'], 'failure', 1, 0],
    ['a stage that succeeded later, and one that did not', ['A failure', 'A success', 'B failure'], 'failure', 2, 2],
    ['another method that issued a token', ['Key failure', 'Password success', 'Token success t'], 'success', 2],
    ['a failure after the token', ['Login success', 'Token success t', 'Refresh failure t'], 'success', 1],
    ['a token in a stage that failed', ['Login success', 'Token failure t'], 'failure', 1, 1],
    ['a token in a stage without an outcome', ['Login unknown', 'Token unknown t'], 'unknown', 1],
    ['an open challenge', ['Login success', 'Mfa challenge'], 'challenge', 1],
    ['a challenge that was answered', ['Mfa challenge', 'Mfa success'], 'success', 1],
    ['an end without an outcome', ['Login success', 'Note unknown'], 'success', 1],
    ['a log-out alone', ['Logout success'], 'unknown', 0],
    ['a log-out that failed', ['Sign_out failure'], 'unknown', 0],
    ['a refresh alone', ['Refresh success t'], 'unknown', 0],
    ['a refresh and a log-out', ['REFRESH_TOKEN success t', 'Logout success'], 'unknown', 1],
    ['an open challenge before a log-out', ['Mfa challenge', 'Logout success'], 'challenge', 1],
    ['a failure before a refresh of another token', ['Login failure', 'Refresh success t'], 'failure', 1, 0],
    ['stages without a name, which count as one', ['- failure', '- success'], 'success', 1],
    ['a stage without a name and one with', ['- failure', 'Login success'], 'failure', 1, 0],
  ])('of %s', (_name, texts, outcome, end, failedAt) => {
    const records = stages(...texts)
    expect(verdictOf(records)).toEqual({
      outcome,
      end: records[end],
      ...(failedAt === undefined ? {} : { failedAt: records[failedAt] }),
    })
  })
})
