import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { CAPTURED_SECRET, captured, capturedFolder } from '../../../../test/fixtures/keycloak/captured.js'
import type { Reading, Source, SourceRecord } from '../source.js'
import { keycloak } from './keycloak.js'

const instance = { name: 'keycloak', secrets: [CAPTURED_SECRET], url: undefined, jwt: undefined }
const source = keycloak.open(instance)
const names = readdirSync(capturedFolder).map((file) => file.replace('.json', ''))

function eventOf(name: string) {
  return JSON.parse(captured(name).body)
}

function readOne(event: unknown, from: Source = source): Reading {
  return from.read(Buffer.from(JSON.stringify(event)))[0] as Reading
}

function signInOf(event: unknown, from: Source = source): SourceRecord {
  const reading = readOne(event, from)
  if (reading.is !== 'sign-in') throw new Error(`a record is expected, not ${reading.is}`)
  return reading.record
}

describe('Keycloak’s own event, as ext-event-http posts it', () => {
  const { authDetails, type, uid: _, ...others } = eventOf('direct_wrong_password')
  const bare = { ...others, ...authDetails, realmId: others.realmId, type: type.replace('access.', '') }

  test('becomes the same record', () => {
    expect(signInOf(bare)).toEqual(signInOf(eventOf('direct_wrong_password')))
  })

  test('of an administrator becomes an action', () => {
    const { type: __, ...admin } = eventOf('admin_event')
    const reading = readOne(admin)
    expect(reading).toEqual({
      is: 'action',
      record: expect.objectContaining({ action: 'CREATE', target_id: 'globex-sso' }),
    })
  })

  test('of what an administrator did to a user has the user as its target', () => {
    const reset = { ...eventOf('admin_event'), operationType: 'ACTION', resourcePath: 'users/the-user/reset-password' }
    expect(readOne(reset)).toMatchObject({ record: { action: 'ACTION', target_id: 'the-user', parent_id: undefined } })
  })
})

describe('what is no id of a session', () => {
  const event = eventOf('refresh')

  test.each([
    ['the payload of a token', Buffer.from('{"jti":"x","sub":"y"}').toString('base64url')],
    ['a JSON object', '{"jti":"x"}'],
    ['longer than an id', 'x'.repeat(65)],
    ['the word null', 'null'],
  ])('%s is left out', (_, sessionId) => {
    const { session, trace_id: trace } = signInOf({ ...event, authDetails: { ...event.authDetails, sessionId } })
    expect([session, trace]).toEqual([undefined, undefined])
  })
})

describe('no attempt failed', () => {
  const event = eventOf('direct_wrong_password')

  test.each(['login_required', 'interaction_required', 'consent_required'])('at a silent check: %s', (error) => {
    expect(signInOf({ ...event, error })).toMatchObject({ stage: 'Login', event: error, result: 'Challenge' })
  })

  test('and none succeeded when the user restarts the login', () => {
    const { error: _, ...restart } = { ...event, type: 'access.RESTART_AUTHENTICATION' }
    expect(signInOf(restart)).toMatchObject({ stage: 'Restart authentication', result: 'Challenge' })
  })
})

describe('the event id', () => {
  const idOf = (event: object) => {
    const reading = readOne(event)
    return 'record' in reading ? reading.record.event_id : undefined
  }
  const event = eventOf('refresh')

  test('is the same for a retry and for another webhook of the realm', () => {
    expect(idOf({ ...event, uid: 'another' })).toEqual(idOf(event))
  })

  test('differs between events', () => {
    expect(new Set(names.map((name) => idOf(eventOf(name)))).size).toBe(names.length)
  })

  test('of an event without an id comes from what is the same in each delivery', () => {
    const { id: _, ...older } = event
    expect(idOf({ ...older, uid: 'another' })).toEqual(idOf(older))
    expect(idOf({ ...older, error: 'invalid_token' })).not.toEqual(idOf(older))
  })

  test('differs between two sources', () => {
    const other = keycloak.open({ ...instance, name: 'other' })
    expect(signInOf(event, other).event_id).not.toEqual(idOf(event))
  })
})
