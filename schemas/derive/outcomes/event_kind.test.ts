import { describe, expect, it } from 'vitest'
import { authAudits, type Stream } from '../../streams/index.js'
import { eventKindOf, withEventKindRules } from './event_kind.js'

const kindOf = eventKindOf(authAudits)

it.each([
  [{ stage: 'Login', event: 'Success' }, 'login'],
  [{ stage: 'sign-in', event: 'Success' }, 'login'],
  [{ stage: ' SIGN_IN. ', result: 'Success' }, 'login'],
  [{ stage: 'Login', event: 'Wrong password' }, 'login_failed'],
  [{ stage: 'Mfa', event: 'Denied' }, 'login_failed'],
  [{ stage: 'Login', event: 'In progress' }, 'other'],
  [{ stage: 'Login' }, 'other'],
  [{ stage: 'Login page', event: 'Success' }, 'other'],
  [{ stage: 'Mfa', event: 'Success' }, 'other'],
  [{}, 'other'],
  [{ stage: 'Logout', event: 'Success' }, 'logout'],
  [{ stage: 'Logout', event: 'Failure' }, 'logout'],
  [{ event: 'slo' }, 'logout'],
  [{ stage: 'Login', event: 'Signed out' }, 'logout'],
  [{ event: 'user.session.end' }, 'logout'],
])('%j is %s', (record, kind) => {
  expect(kindOf?.(record)).toBe(kind)
})

describe('rules of the operator', () => {
  it('come first', () => {
    const rules = [
      { kind: 'login', when: { stage: ['Token'] }, outcomes: ['success'] },
      { kind: 'other', when: { stage: ['Logout'] } },
    ] as const
    const [stream] = withEventKindRules([authAudits], { auth_audits: rules })
    const own = eventKindOf(stream as Stream)
    expect(own?.({ stage: 'Token', event: 'Success' })).toBe('login')
    expect(own?.({ stage: 'Token', event: 'Denied' })).toBe('login_failed')
    expect(own?.({ stage: 'Logout', event: 'Success' })).toBe('other')
    expect(own?.({ stage: 'Login', event: 'Success' })).toBe('login')
  })

  it('of a stream without them change nothing', () => {
    expect(withEventKindRules([authAudits], {})).toEqual([authAudits])
  })
})

it('a stream without kinds has none', () => {
  const { eventKinds: _, ...without } = authAudits
  expect(eventKindOf(without)).toBeUndefined()
})
