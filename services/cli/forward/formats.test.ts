import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Format } from './format.js'
import { formats } from './formats.js'
import { partsOf } from './read_parts.js'

const NOW = Date.UTC(2026, 10, 29)
const logs = new URL('../../../test/fixtures/sources/log_lines/', import.meta.url)

/** The parts of every line of a log. */
function read(file: string, form: string, config: object = {}) {
  const lines = readFileSync(new URL(file, logs), 'utf8').trim().split('\n')
  return lines.flatMap((line) => readText(line, form, config))
}

function readText(text: string, form: string, config: object = {}) {
  const format = formats[form] as Format
  const options = { name: format.source, utcOffset: '+00:00', ...config }
  return partsOf(
    format.open(options),
    () => NOW,
  )(text).map((part) =>
    part.is === 'record'
      ? { stream: part.record.stream.name, ...(part.record.record as object) }
      : part.is === 'fault'
        ? part.fault
        : part.is,
  )
}

const uuid = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8/)
const acme = { org_id: 'ae5c5d73-98df-4f0c-984b-d752698ba77c', org_name: 'acme' }

describe.each([
  ['keycloak-plain.txt', { utcOffset: '+01:00' }],
  ['keycloak-json.txt', {}],
])('%s', (file, config) => {
  test('has one record for each event of the listener, as its webhooks make them', () => {
    const [other, created, login, wrong, ...rest] = read(file, 'keycloak-log', {
      ...config,
      url: 'https://sso.example.com',
    })
    expect(other).toBe('ignored')
    expect(created).toMatchObject({
      stream: 'audits',
      action: 'CREATE',
      target_resource_type: 'realm',
      target_id: 'acme',
    })
    expect(login).toMatchObject({
      stream: 'auth_audits',
      event_id: uuid,
      ...acme,
      time: new Date('2026-11-28T21:26:01.299Z'),
      stage: 'Login',
      event: 'Success',
      result: 'Success',
      user_id: 'a8c705f4-42b7-49a4-ae17-8625f45ed1a7',
      upstream_user_id: 'ada',
      client_id: 'shop',
      session: '54557100-12e0-4a01-9786-0bc2e34c8071',
      token_id: '972bfcbf-d07f-40ff-910c-44a2048ea69c',
      source_ip: '127.0.0.1',
      issuer: 'https://sso.example.com/realms/acme',
    })
    expect(wrong).toMatchObject({ ...acme, event: 'invalid_user_credentials', result: 'Failure' })
    const names = rest.map((record) => (record as { upstream_user_id?: string }).upstream_user_id)
    expect(names).toEqual([
      ...['a", userId="spoof', `it's "two" words`, 'back\\', 'new line tab', 'x, userId=u', 'zoë ☃'],
      ...['q\\", userId="s', undefined, undefined],
    ])
    expect(rest.map((record) => (record as { user_id?: string }).user_id)).toEqual(rest.map(() => undefined))
    expect(rest.at(-2)).toMatchObject({ client_id: 'c", userId="evil', event: 'client_not_found' })
  })
})

test('a line of Keycloak has the same id whatever a container’s log puts before it, and another in another source', () => {
  const [, , line = ''] = readFileSync(new URL('keycloak-plain.txt', logs), 'utf8').split('\n')
  const id = (text: string, config?: object) =>
    (readText(text, 'keycloak-log', config)[0] as unknown as { event_id: string }).event_id
  expect(id(`keycloak-1  | ${line}\r`)).toBe(id(line))
  expect(id(line, { name: 'other' })).not.toBe(id(line))
})

test('Keycloak’s lines of before version 22 have no quotes; what a user may have written twice is left out', () => {
  const line = (username: string) =>
    `2026-11-28 20:00:00,123 WARN  [org.keycloak.events] (default task-51) type=LOGIN_ERROR, realmId=master, clientId=app, userId=null, ipAddress=192.0.2.1, error=user_not_found, auth_method=openid-connect, scope='openid email', code_id=b669da14-cdbb-41d0-b055-0810a0334607, username=${username}`
  expect(readText(line('ada'), 'keycloak-log')).toMatchObject([
    { event: 'user_not_found', source_ip: '192.0.2.1', upstream_user_id: 'ada', org_id: 'master' },
  ])
  const [spoofed] = readText(line('x, userId=spoof, ipAddress=198.51.100.1, type=LOGIN'), 'keycloak-log')
  expect(spoofed).toMatchObject({ event: 'user_not_found', upstream_user_id: 'x' })
  expect(spoofed).not.toHaveProperty('user_id', 'spoof')
  expect(spoofed).not.toHaveProperty('source_ip', '198.51.100.1')
})

test.each([
  ['type="LOGIN", realmId="cut o', 'the message is no list of fields'],
  ['type="LOGIN" and more', 'the message is no list of fields'],
])('a line of Keycloak’s listener that cannot be read is rejected: %s', (message, fault) => {
  const line = `2026-11-28 20:00:00,123 INFO  [org.keycloak.events] (executor-thread-1) ${message}`
  expect(readText(line, 'keycloak-log')).toEqual([fault])
})

test('authentik’s log has a record for each event, and another one for those that belong to a sign-in', () => {
  const ada = { user_id: '4', upstream_user_id: 'ada@example.com', source_ip: '203.0.113.77', org_id: 'acme' }
  const parts = read('authentik.txt', 'authentik-log', { organization: { id: 'acme' } })
  expect(parts).toMatchObject([
    'ignored',
    'ignored',
    { ...ada, event_id: uuid, time: '2026-11-28T20:00:00.527644+00:00', event: 'login_failed', result: 'Failure' },
    { stream: 'events', action: 'login_failed', user: { username: 'ada' } },
    { upstream_user_id: 'nobody', event: 'login_failed' },
    { stream: 'events', action: 'login_failed', context: { username: 'nobody' } },
    { ...ada, stage: 'Login', event: 'Success' },
    { stream: 'events', action: 'login' },
    { ...ada, stage: 'Authorize application', application_name: 'Portal', client_id: 'portal' },
    { stream: 'events', action: 'authorize_application', context: { authorized_application: { name: 'Portal' } } },
    { stream: 'events', action: 'model_updated', org_id: 'acme', context: { model: { pk: 4 } } },
    { ...ada, stage: 'Logout' },
    { stream: 'events', action: 'logout' },
    'ignored',
  ])
  // Two inputs that are no event have none.
  expect(new Set(parts.map((part) => (part as { event_id?: string }).event_id)).size).toBe(7)
  expect(read('authentik.txt', 'authentik-log', { organization: { id: 'acme' } })).toEqual(parts)
})

describe('JSON', () => {
  const okta = { uuid: 'u-1', published: '2026-11-28T20:00:00.000Z', eventType: 'user.session.start' }

  test.each([
    ['an entry', okta],
    ['a hook', { eventType: 'com.okta.event_hook', data: { events: [okta] } }],
  ])('%s of Okta', (_form, value) => {
    expect(readText(JSON.stringify(value), 'okta')).toMatchObject([
      { stage: 'Login', event_name: 'user.session.start' },
    ])
  })

  test('an entry of Auth0, and one that cannot be stored', () => {
    const entry = { log_id: 'l-1', data: { date: '2026-11-28T20:00:00.000Z', type: 'fp', user_name: 'ada' } }
    expect(readText(JSON.stringify(entry), 'auth0')).toMatchObject([{ event: 'Wrong password' }])
    expect(readText('{"type": "fp", "password": "secret"}', 'auth0')).toEqual([
      'date: Invalid input: expected string, received undefined',
    ])
  })

  test('a record has its own id, or one from its content', () => {
    const record = { time: '2026-11-28T20:00:00.000001Z', stage: 'Login', user_id: 'ada' }
    const [made] = readText(JSON.stringify(record), 'json')
    expect(made).toMatchObject({ ...record, event_id: uuid })
    expect(readText(JSON.stringify(record, null, 2), 'json')).toEqual([made])
    const event_id = '019b76da-a800-7000-8000-0123456789ab'
    expect(readText(JSON.stringify({ ...record, event_id }), 'json')).toMatchObject([{ event_id }])
    expect(readText('{"user_id": "ada"}', 'json')).toEqual([expect.stringMatching(/^time: must be there/)])
    expect(readText('{"time": }', 'json')).toEqual(['is not JSON'])
  })

  test('a record that is too old to store is rejected', () => {
    const [fault] = readText('{"time": "2001-01-01T00:00:00Z"}', 'json')
    expect(fault).toMatch(/^the time is more than \d+ days ago/)
  })
})
