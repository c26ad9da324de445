import { expect, it } from 'vitest'
import { linesOf } from './sign_in.js'

const STAGES = [
  { event_id: '1', time: '2026-01-31T14:00:00.000000Z', stage: 'Password', event: 'Success', outcome: 'success' },
  {
    event_id: '2',
    time: '2026-01-31T14:00:08.877000Z',
    stage: 'Consent',
    event: 'Denied',
    outcome: 'failure',
    ms_since_previous: 8_877,
  },
]

it('shows the outcome, the time between the stages, the one that failed, and what followed', () => {
  const lines = linesOf(
    {
      trace_id: 't\u001b1',
      session: 's1',
      outcome: 'failure',
      started_at: '2026-01-31T14:00:00.000000Z',
      duration_ms: 8_877,
      failed_at: { event_id: '2' },
      stages: STAGES,
      afterwards: {
        auth_audits: { records: [] },
        audits: {
          records: [{ time: '2026-01-31T14:01:00.000000Z', action: 'CREATE' }],
          read_on: '/v1/audits?session_id=s1',
        },
      },
    },
    false,
  )
  expect(lines.slice(0, 4)).toEqual([
    'sign-in  t\\u001b1',
    'outcome  failure',
    'began    2026-01-31T14:00:00.000000Z, took 8.877 s',
    'session  s1',
  ])
  expect(lines[5]).toMatch(/^ {14}2026-01-31T14:00:00.000000Z {2}Password {2}Success/)
  expect(lines[6]).toMatch(/^✗ {3}\+8\.877 s {2}2026-01-31T14:00:08.877000Z {2}Consent/)
  expect(lines.slice(7)).toEqual([
    '',
    'afterwards, audits:',
    expect.stringMatching(/^ {2}2026-01-31T14:01:00.000000Z {2}CREATE/),
    '  more: /v1/audits?session_id=s1',
  ])
})

it('colors the outcome on a terminal', () => {
  const signIn = { trace_id: 't', started_at: '2026-01-31T14:00:00Z', duration_ms: 0, stages: STAGES, afterwards: {} }
  expect(linesOf({ ...signIn, outcome: 'failure' }, true)[1]).toBe('outcome  \u001b[31mfailure\u001b[0m')
  expect(linesOf({ ...signIn, outcome: 'success' }, true)[1]).toBe('outcome  success')
})
