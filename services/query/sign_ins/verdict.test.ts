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
    ['one stage that worked', ['Login success'], 'success', 0],
    ['one that did not', ['Login failure'], 'failure', 0, 0],
    ['one that says nothing', ['Login unknown'], 'unknown', 0],
    ['a second try that worked', ['Login failure', 'Login success'], 'success', 1],
    ['tries of which none worked: the first', ['Login failure', 'Login failure'], 'failure', 1, 0],
    ['a try that failed after one that had worked', ['Login success', 'Login failure'], 'failure', 1, 1],
    ['another stage that worked later', ['Mfa failure', 'Message success'], 'failure', 1, 0],
    ['a stage that was passed, and one that was not', ['A failure', 'A success', 'B failure'], 'failure', 2, 2],
    ['another way in that gave a token', ['Key failure', 'Password success', 'Token success t'], 'success', 2],
    ['what failed after the token', ['Login success', 'Token success t', 'Refresh failure t'], 'success', 1],
    ['a token named by what failed', ['Login success', 'Token failure t'], 'failure', 1, 1],
    ['a token named by what says nothing', ['Login unknown', 'Token unknown t'], 'unknown', 1],
    ['something that is waited for', ['Login success', 'Mfa challenge'], 'challenge', 1],
    ['something that was given', ['Mfa challenge', 'Mfa success'], 'success', 1],
    ['an end that says nothing', ['Login success', 'Note unknown'], 'success', 1],
    ['stages without a name, which are one', ['- failure', '- success'], 'success', 1],
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
