import { expect, it } from 'vitest'
import { type ListedSignIn, signInLines } from './sign_ins.js'

const SIGN_IN: ListedSignIn = {
  trace_id: 't-1',
  outcome: 'success',
  started_at: '2026-01-31T14:00:00.123456Z',
  duration_ms: 4_500,
  stages: 3,
  user_id: 'u1',
}

it('prints sign-ins as a table, with where each failed', () => {
  const failed = {
    ...SIGN_IN,
    trace_id: 't-2',
    outcome: 'failure',
    upstream_user_id: 'ada\u001b[2J',
    upstream_idp: 'google',
    failed_at: { stage: 'Password', event: 'Wrong password' },
  }
  expect(signInLines([SIGN_IN, failed], false)).toEqual([
    'began                        outcome  user          provider  address  seconds  failed at                 trace',
    '2026-01-31T14:00:00.123456Z  success  u1            -         -        4.5                                t-1',
    '2026-01-31T14:00:00.123456Z  failure  ada\\u001b[2J  google    -        4.5      Password: Wrong password  t-2',
  ])
  const [, line = ''] = signInLines([failed], true)
  expect(line.startsWith('\u001b[31m2026')).toBe(true)
})
