import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { CAPTURED_SECRET, captured, capturedFolder } from '../../../../test/fixtures/keycloak/captured.js'
import { acme } from '../../../../test/fixtures/keycloak/realms.js'
import { ShapeError, type SourceRecord } from '../source.js'
import { keycloak } from './keycloak.js'

const instance = { name: 'keycloak', secrets: [CAPTURED_SECRET], url: undefined, jwt: undefined }
const source = keycloak.open(instance)
const names = readdirSync(capturedFolder).map((file) => file.replace('.json', ''))

function eventOf(name: string) {
  return JSON.parse(captured(name).body)
}

function readOne(event: unknown) {
  return source.read(Buffer.from(JSON.stringify(event) ?? ''))[0]
}

function signInOf(event: unknown): SourceRecord {
  const reading = readOne(event)
  if (reading?.is !== 'sign-in') throw new Error(`a record is expected, not ${reading?.is}`)
  return reading.record
}

describe('a signature made by Keycloak', () => {
  test.each(names)('of %s', async (name) => {
    const { headers, body } = captured(name)
    expect(await source.verify(headers, Buffer.from(body))).toBe(true)
    expect(await source.verify(headers, Buffer.from(`${body} `))).toBe(false)
    expect(await source.verify({}, Buffer.from(body))).toBe(false)
  })

  test('is accepted under each of several secrets, and rejected under another', async () => {
    const { headers, body } = captured('refresh')
    const other = 'another-made-up-secret'
    const rotating = keycloak.open({ ...instance, secrets: [other, CAPTURED_SECRET] })
    expect(await rotating.verify(headers, Buffer.from(body))).toBe(true)
    expect(await keycloak.open({ ...instance, secrets: [other] }).verify(headers, Buffer.from(body))).toBe(false)
  })
})

describe('an invalid webhook is rejected, and the error names what is wrong', () => {
  const event = eventOf('refresh')

  test.each<[string, unknown, string]>([
    ['no object', 'access.LOGIN', 'expected object'],
    ['a list', [event], 'expected object'],
    ['no kind', {}, 'type'],
    ['no event after the prefix', { ...event, type: 'access.' }, 'type: must name an event after `access.`'],
    ['time in microseconds', { ...event, time: event.time * 1_000 }, 'time: must be in milliseconds'],
    ['no time', { ...event, time: undefined }, 'time'],
    ['time as text', { ...event, time: '2026-11-21T23:14:33Z' }, 'time: must be a whole number of milliseconds'],
    ['time with a fraction', { ...event, time: 1795302873.566 }, 'time: must be a whole number of milliseconds'],
    ['time in nanoseconds', { ...event, time: 1795302873566000000 }, 'time'],
    ['a number where text belongs', { ...event, authDetails: { userId: 7 } }, 'authDetails.userId'],
  ])('%s', (_, body, fault) => {
    expect(() => readOne(body)).toThrow(ShapeError)
    expect(() => readOne(body)).toThrow(fault)
  })

  test('values that are missing or null are absent', () => {
    const { id, time, realmId } = event
    const bare = { type: 'access.LOGIN_ERROR', id, time, realmId }
    const nothing = { ...bare, realmName: null, error: null, authDetails: null, details: null }
    for (const body of [bare, nothing]) {
      expect(JSON.parse(JSON.stringify(signInOf(body)))).toEqual({
        event_id: expect.any(String),
        time: expect.any(String),
        stage: 'Login',
        event: 'Failure',
        result: 'Failure',
        org_id: acme.id,
      })
    }
  })

  test('a realm that is null leaves a record without an organization', () => {
    const record = signInOf({ ...eventOf('client'), realmId: null, realmName: null })
    expect([record.org_id, record.org_name, record.login_org_id]).toEqual([undefined, undefined, undefined])
    expect(record).toMatchObject({ stage: 'Client login', client_id: 'shop' })
  })
})
