import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { outcomeOf } from '../../../../schemas/derive/outcomes/outcome.js'
import { authAudits } from '../../../../schemas/streams/index.js'
import { CAPTURED_SECRET, captured, capturedFolder } from '../../../../test/fixtures/keycloak/captured.js'
import { acme, ada, globex, hank, mallory, ora, zoe } from '../../../../test/fixtures/keycloak/realms.js'
import type { Reading, Source, SourceRecord } from '../source.js'
import { keycloak } from './keycloak.js'

const instance = { name: 'keycloak', secrets: [CAPTURED_SECRET], url: undefined, jwt: undefined }
const source = keycloak.open(instance)

/** What the source makes of one event. */
function readOne(event: unknown, from: Source = source): Reading {
  const [reading] = from.read(Buffer.from(JSON.stringify(event) ?? ''))
  return reading as Reading
}

function signInOf(event: unknown, from: Source = source): SourceRecord {
  const reading = readOne(event, from)
  if (reading.is !== 'sign-in') throw new Error(`a record is expected, not ${reading.is}`)
  return reading.record
}
const names = readdirSync(capturedFolder).map((file) => file.replace('.json', ''))

function eventOf(name: string) {
  return JSON.parse(captured(name).body)
}

/** The record of a captured webhook, without the fields that are absent. */
function recordOf(name: string): SourceRecord {
  return JSON.parse(JSON.stringify(signInOf(eventOf(name))), (key, value) => (key === 'time' ? new Date(value) : value))
}

/** What every record of a realm's client shop has. */
const atShop = {
  event_id: expect.stringMatching(/^01a[0-9a-f]{5}-[0-9a-f]{4}-8/),
  time: expect.any(Date),
  org_id: acme.id,
  org_name: 'acme',
  login_org_id: acme.id,
  login_org_name: 'acme',
  client_id: 'shop',
  source_ip: '127.0.0.1',
}
const isAda = { user_id: ada.id, upstream_user_id: 'ada' }
const isZoe = { user_id: zoe.id, upstream_user_id: 'zoë' }
const uuid = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
const login = { ...atShop, stage: 'Login' }

type Expected = Readonly<Record<string, unknown>> & { readonly event: string }

describe('each captured webhook becomes this record', () => {
  const inBrowser = eventOf('browser_right_password').authDetails.sessionId
  const direct = eventOf('direct_right_password').authDetails.sessionId
  const loggedOut = eventOf('log_out_code_to_token').authDetails.sessionId
  const brokered = eventOf('provider_login').authDetails.sessionId
  const { login_org_id: _, login_org_name: __, client_id: ___, ...atNoClient } = atShop
  const atGlobex = { org_id: globex.id, org_name: 'globex', user_id: hank.id, upstream_user_id: 'hank' }

  test.each<[string, Expected]>([
    ['direct_right_password', { ...login, ...isAda, event: 'Success', session: uuid, token_id: uuid }],
    ['direct_name_beyond_ascii', { ...login, ...isZoe, event: 'Success', session: uuid, token_id: uuid }],
    // The account's own name, whichever name it was asked for by.
    ['direct_by_email', { ...login, ...isAda, event: 'Success', session: uuid, token_id: uuid }],
    ['direct_wrong_password', { ...login, ...isAda, event: 'invalid_user_credentials' }],
    ['direct_unknown_user', { ...login, upstream_user_id: 'nobody', event: 'user_not_found' }],
    ['direct_disabled_user', { ...login, user_id: mallory.id, upstream_user_id: 'mallory', event: 'user_disabled' }],
    ['refresh', { ...atShop, ...isAda, stage: 'Refresh token', event: 'Success', session: direct, token_id: uuid }],
    ['refresh_with_a_bad_token', { ...atShop, stage: 'Refresh token', event: 'invalid_token' }],
    ['introspection', { ...atShop, stage: 'Introspect token', event: 'Success', session: direct }],
    ['user_info', { ...atShop, ...isAda, stage: 'User info request', event: 'Success', session: direct }],
    ['log_out_by_client', { ...atShop, ...isAda, stage: 'Logout', event: 'Success', session: direct }],
    [
      'client',
      {
        ...atShop,
        stage: 'Client login',
        event: 'Success',
        user_id: uuid,
        upstream_user_id: 'service-account-shop',
        session: uuid,
        token_id: uuid,
      },
    ],
    ['client_wrong_secret', { ...atShop, stage: 'Client login', event: 'invalid_client_credentials' }],
    ['client_unknown', { ...atShop, client_id: 'stranger', stage: 'Client login', event: 'client_not_found' }],
    ['browser_unknown_user', { ...login, upstream_user_id: 'nobody', event: 'user_not_found', trace_id: inBrowser }],
    ['browser_wrong_password', { ...login, ...isAda, event: 'invalid_user_credentials', trace_id: inBrowser }],
    ['browser_right_password', { ...login, ...isAda, event: 'Success', trace_id: inBrowser, session: inBrowser }],
    [
      'code_to_token',
      {
        ...atShop,
        ...isAda,
        stage: 'Code to token',
        event: 'Success',
        trace_id: inBrowser,
        session: inBrowser,
        token_id: uuid,
      },
    ],
    [
      'code_used_twice',
      { ...atShop, stage: 'Code to token', event: 'invalid_code', trace_id: inBrowser, session: inBrowser },
    ],
    // Keycloak reports it like a wrong password.
    [
      'wrong_one_time_code',
      { ...login, user_id: ora.id, upstream_user_id: 'ora', event: 'invalid_user_credentials', trace_id: uuid },
    ],
    ['bad_redirect', { ...login, event: 'invalid_redirect_uri' }],
    [
      'log_out_code_to_token',
      {
        ...atShop,
        ...isAda,
        stage: 'Code to token',
        event: 'Success',
        trace_id: loggedOut,
        session: loggedOut,
        token_id: uuid,
      },
    ],
    // What Keycloak calls the session here is not the one that ends.
    [
      'browser_log_out',
      {
        ...atShop,
        ...isAda,
        stage: 'Logout',
        event: 'Success',
        trace_id: expect.not.stringMatching(loggedOut),
      },
    ],
    ...(['provider_first_login', 'provider_first_login_form'] as const).map((name): [string, Expected] => [
      name,
      {
        ...atShop,
        stage: 'Identity provider first login',
        event: 'Success',
        upstream_user_id: 'zoë',
        upstream_idp: 'globex-sso',
        trace_id: brokered,
        session: brokered,
      },
    ]),
    [
      'provider_link',
      {
        ...atShop,
        ...isZoe,
        stage: 'Federated identity link',
        event: 'Success',
        upstream_idp: 'globex-sso',
        trace_id: brokered,
        session: brokered,
      },
    ],
    [
      'provider_login',
      { ...login, ...isZoe, event: 'Success', upstream_idp: 'globex-sso', trace_id: brokered, session: brokered },
    ],
    ['locked_out', { ...atNoClient, ...atGlobex, stage: 'Login', event: 'user_disabled_by_temporary_lockout' }],
    [
      'while_locked_out',
      {
        ...login,
        ...atGlobex,
        login_org_id: globex.id,
        login_org_name: 'globex',
        event: 'user_temporarily_disabled',
      },
    ],
    [
      'impersonation',
      {
        ...atNoClient,
        stage: 'Impersonate',
        event: 'Success',
        user_id: ada.id,
        upstream_user_id: 'admin',
        upstream_idp: 'master',
        session: uuid,
      },
    ],
  ])('%s', (name, expected) => {
    const result = expected.event === 'Success' ? 'Success' : 'Failure'
    expect(recordOf(name)).toEqual({ ...expected, result })
  })
})

test.each(names.filter((name) => name !== 'admin_event'))(
  'the outcome of %s is its result, and so without one',
  (name) => {
    const { result, ...older } = recordOf(name)
    const outcome = outcomeOf(authAudits)
    expect(outcome?.({ ...older, result })).toBe(result?.toLowerCase())
    expect(outcome?.(older)).toBe(result?.toLowerCase())
  },
)

test('an administrator’s event becomes an action', () => {
  expect(JSON.parse(JSON.stringify(readOne(eventOf('admin_event'))))).toEqual({
    is: 'action',
    record: {
      event_id: expect.stringMatching(/^01a[0-9a-f]{5}-[0-9a-f]{4}-8/),
      time: new Date(eventOf('admin_event').time).toISOString(),
      api_name: 'keycloak',
      action: 'CREATE',
      user_id: '0036fe4a-f1e0-4d16-a09a-aab592c33530',
      org_id: acme.id,
      source_ip: '127.0.0.1',
      target_resource_type: 'identity_provider',
      target_resource_org_id: acme.id,
      target_id: 'globex-sso',
      parent_id: 'identity-provider',
      description: 'at identity-provider/instances/globex-sso, in acme, by admin of master',
    },
  })
})

test('an event that an application publishes makes no record and returns its type', () => {
  expect(readOne({ ...eventOf('refresh'), type: 'system.SUBSCRIPTION_UPDATED' })).toEqual({
    is: 'ignored',
    type: 'system.SUBSCRIPTION_UPDATED',
  })
})

test('its time is Keycloak’s, to the millisecond', () => {
  expect(recordOf('direct_right_password').time).toEqual(new Date(eventOf('direct_right_password').time))
})

test('the issuer is the realm’s URL if Keycloak’s URL is configured', () => {
  const configured = keycloak.open({ ...instance, url: 'https://sso.example.com' })
  const issuerOf = (realmName: string) => signInOf({ ...eventOf('refresh'), realmName }, configured).issuer
  expect(issuerOf('acme')).toBe('https://sso.example.com/realms/acme')
  expect(issuerOf('über uns')).toBe('https://sso.example.com/realms/%C3%BCber%20uns')
})
