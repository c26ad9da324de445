import { describe, expect, it } from 'vitest'
import { eventKindRules, outcomeRules } from './configured_rules.js'

function faults(value: unknown): readonly string[] {
  const parsed = outcomeRules.safeParse(typeof value === 'string' ? value : JSON.stringify(value))
  return (parsed.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`)
}

it('reads rules by stream', () => {
  const rules = {
    auth_audits: [
      { outcome: 'failure', when: { event: ['Gesperrt*'], upstream_idp: ['ldap', 'kerberos'] } },
      { outcome: 'unknown', when: { stage: ['*'] } },
    ],
  }
  expect(outcomeRules.parse(JSON.stringify(rules))).toEqual(rules)
  expect(outcomeRules.parse('{}')).toEqual({})
  expect(outcomeRules.parse(' {"auth_audits": []} ')).toEqual({ auth_audits: [] })
})

describe('refuses', () => {
  it('what is not JSON, with an example', () => {
    const [fault] = faults('{"auth_audits"')
    const example = /^: must be JSON, such as (\{.*\})$/.exec(fault ?? '')?.[1] ?? ''
    expect(faults(example)).toEqual([])
  })

  it.each([
    [[], ': must be an object of lists of rules, by the names of streams'],
    [null, ': must be an object of lists of rules, by the names of streams'],
    [{ audits: [] }, ': has rules for audits: no stream of that name has outcomes'],
    [{ auth_audits: {} }, 'auth_audits: must be a list of rules'],
    [
      { auth_audits: [{ outcome: 'meh', when: { event: ['x'] } }] },
      'auth_audits.0.outcome: must be one of success, failure, challenge, unknown',
    ],
    [{ auth_audits: [{ outcome: 'failure', when: {} }] }, 'auth_audits.0.when: must name a field'],
    [
      { auth_audits: [{ outcome: 'failure', when: { evnt: ['x'] } }] },
      'auth_audits.0.when: evnt is not a field of auth_audits (did you mean event?)',
    ],
    [{ auth_audits: [{ outcome: 'failure', when: { event: [] } }] }, 'auth_audits.0.when.event: must have a pattern'],
    [
      { auth_audits: [{ outcome: 'failure', when: { event: 'x' } }] },
      'auth_audits.0.when.event: must be a list of patterns',
    ],
    [{ auth_audits: [{ outcome: 'failure', when: { event: [''] } }] }, 'auth_audits.0.when.event.0: must not be empty'],
    [
      { auth_audits: [{ outcome: 'failure', when: { event: ['a\u0000b'] } }] },
      'auth_audits.0.when.event.0: must be text without control characters',
    ],
    [
      { auth_audits: [{ outcome: 'failure', when: { event: ['\ud800'] } }] },
      'auth_audits.0.when.event.0: must be text without control characters',
    ],
    [
      { auth_audits: [{ outcome: 'failure', when: { event: ['x'.repeat(201)] } }] },
      'auth_audits.0.when.event.0: must be at most 200 characters long',
    ],
    [
      { auth_audits: Array(101).fill({ outcome: 'failure', when: { event: ['x'] } }) },
      'auth_audits: must have at most 100 rules',
    ],
    ['ß'.repeat(6 * 1024 + 1), ': must be at most 12288 bytes long'],
  ])('%j', (value, fault) => {
    expect(faults(value)).toEqual([fault])
  })

  it('all faults at once', () => {
    const wrong = { outcome: 'meh', when: { evnt: ['x'], event: [7, ''] }, also: 1 }
    expect(faults({ auth_audits: [wrong, wrong] })).toHaveLength(10)
  })
})

describe('rules for kinds of events', () => {
  it('have patterns, outcomes or both', () => {
    const rules = {
      auth_audits: [
        { kind: 'login', when: { stage: ['Token'] }, outcomes: ['success'] },
        { kind: 'other', outcomes: ['unknown'] },
        { kind: 'logout', when: { event_name: ['bye*'] } },
      ],
    }
    expect(eventKindRules.parse(JSON.stringify(rules))).toEqual(rules)
  })

  it.each([
    [{ kind: 'sign_in', when: { stage: ['x'] } }, 'kind: must be one of login, login_failed, logout, other'],
    [{ kind: 'login' }, ': must have when, or outcomes'],
    [{ kind: 'login', outcomes: [] }, 'outcomes: must have an outcome'],
    [{ kind: 'login', when: { stag: ['x'] } }, 'when: stag is not a field of auth_audits (did you mean stage?)'],
  ])('%j are refused', (rule, fault) => {
    const { error } = eventKindRules.safeParse(JSON.stringify({ auth_audits: [rule] }))
    const [issue] = error?.issues ?? []
    expect(`${issue?.path.slice(2).join('.')}: ${issue?.message}`).toBe(fault)
  })
})
