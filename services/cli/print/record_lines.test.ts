import { describe, expect, it } from 'vitest'
import { lineWriter, recordColumns } from './record_lines.js'

const RECORD = {
  event_id: '019b76da-a800-7000-8000-0123456789ab',
  time: '2026-01-31T14:00:00.123456Z',
  stage: 'Login',
  event: 'Success',
  upstream_user_id: 'ada@example.com',
  user_id: '1234',
  source_ip: '192.0.2.3',
  client_id: 'app',
  org_id: 'org-1',
}

describe('a line of sign-ins', () => {
  it('has the time and aligned columns', () => {
    const line = lineWriter('auth_audits', false)
    expect(line(RECORD)).toBe('2026-01-31T14:00:00.123456Z  Login  Success  ada@example.com  192.0.2.3  app  org-1')
    expect(line({ ...RECORD, stage: 'SecondFactor', org_name: 'One' })).toBe(
      '2026-01-31T14:00:00.123456Z  SecondFactor  Success  ada@example.com  192.0.2.3  app  One',
    )
    expect(line({ time: RECORD.time, event: 'Failure' })).toBe(
      '2026-01-31T14:00:00.123456Z  -             Failure  -                -          -    -',
    )
  })

  it('is aligned with the lines of all records that are known', () => {
    const columns = recordColumns('auth_audits', false)
    columns.widen([RECORD, { ...RECORD, stage: 'SecondFactor' }])
    expect(columns.line(RECORD)).toContain('Login         Success')
  })

  it('limits the width of columns', () => {
    const line = lineWriter('auth_audits', false)
    line({ ...RECORD, stage: 'x'.repeat(500) })
    expect(line(RECORD)).toContain(`Login${' '.repeat(35)}  Success`)
  })

  it('is colored by the outcome', () => {
    const line = lineWriter('auth_audits', true)
    const stages = ['success', 'failure', 'challenge', 'unknown'].map(
      (outcome) => line({ ...RECORD, outcome }).split('  ')[1],
    )
    expect(stages).toEqual(['Login', '\u001b[31mLogin\u001b[0m', '\u001b[33mLogin\u001b[0m', 'Login'])
    expect(line(RECORD).startsWith('\u001b[2m2026')).toBe(true)
  })

  it('escapes control characters', () => {
    const line = lineWriter('auth_audits', false)
    const shown = line({ ...RECORD, event: 'a\u001b[2Jb\nc\u009bd\u202ee' })
    expect(shown).toContain('a\\u001b[2Jb\\u000ac\\u009bd\\u202ee')
  })
})

it('a stream without columns prints every field', () => {
  const line = lineWriter('animals', false)
  expect(line({ time: 't', kind: 'cat', legs: [1, 2] })).toBe('t  kind=cat legs=[1,2]')
})
