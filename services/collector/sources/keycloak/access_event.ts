import { z } from 'zod'
import { eventIdOf } from '../../webhooks/event_id.js'
import { optionalPart } from '../provider_text.js'
import { checked, type Reading, type SourceRecord } from '../source.js'
import { sessionId, text, time } from './fields.js'

export interface EventContext {
  /** The name of the source. */
  readonly source: string
  /** The public URL of Keycloak. */
  readonly url: string | undefined
}

const who = { clientId: text, userId: text, username: text, ipAddress: text, sessionId: text }

/**
 * The parts of an event that become a record. `ext-event-webhook` puts what concerns the user into `authDetails` and
 * the prefix `access.` before the type; Keycloak's own event, which `ext-event-http` posts, has both without.
 */
const accessEvent = z
  .object({
    type: z.string().regex(/^(?:access\.)?[^.]+$/, 'must name an event after `access.`'),
    id: text,
    uid: text,
    time,
    realmId: text,
    realmName: text,
    error: text,
    ...who,
    authDetails: optionalPart(z.object(who)),
    details: optionalPart(
      z.object({
        client_auth_method: text,
        code_id: text,
        identity_provider: text,
        identity_provider_identity: text,
        impersonator: text,
        impersonator_realm: text,
        token_id: text,
        username: text,
      }),
    ),
  })
  .transform(({ clientId, userId, username, ipAddress, sessionId: session, authDetails, type, ...event }) => {
    const user = { clientId, userId, username, ipAddress, sessionId: session, ...present(authDetails) }
    return { ...event, name: type.replace(/^access\./, ''), user: { ...user, sessionId: sessionId(user.sessionId) } }
  })

type AccessEvent = z.output<typeof accessEvent>

function present<T extends object>(details: T): T {
  return Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined)) as T
}

/** @throws {ShapeError} */
export function readAccessEvent(body: unknown, { source, url }: EventContext): Reading {
  const event = checked(accessEvent, body)
  const at = new Date(event.time)
  const record: SourceRecord = {
    event_id: eventIdOf(source, identityOf(event), at),
    time: at,
    ...stageAndEvent(event),
    ...userFields(event),
    ...organizationFields(event, url),
    ...correlationFields(event),
    source_ip: event.user.ipAddress,
  }
  return { is: 'sign-in', record }
}

/**
 * What identifies an event. The extension makes a `uid` for each webhook that gets the event; `id` is the event's own,
 * so that a realm with two webhooks to this collector makes one record. Older versions, and Keycloak's own events, have
 * no `id`: everything that is the same in each delivery identifies the event then.
 */
function identityOf({ id, uid: _, ...event }: AccessEvent): string {
  return id ?? JSON.stringify(event)
}

/** A lock-out is the result of a sign-in, not a stage of its own. */
const LOCKOUT = /^USER_DISABLED_BY_(TEMPORARY|PERMANENT)_LOCKOUT$/

/** Events without an error after which the user still has to do something. */
const CHALLENGES: ReadonlySet<string> = new Set([
  ...['SEND_VERIFY_EMAIL', 'SEND_RESET_PASSWORD', 'SEND_IDENTITY_PROVIDER_LINK', 'OAUTH2_DEVICE_AUTH'],
  ...['RESTART_AUTHENTICATION', 'CUSTOM_REQUIRED_ACTION'],
])

/** Errors that are no failure: a silent check (`prompt=none`) asked whether somebody is signed in, and nobody was. */
const CHALLENGE_ERRORS: ReadonlySet<string> = new Set(['login_required', 'interaction_required', 'consent_required'])

/**
 * `LOGIN` is the stage `Login` with the event `Success`; `LOGIN_ERROR` is the same stage with Keycloak's error code as
 * the event. The result says which of the two it was.
 */
function stageAndEvent({ name, error }: AccessEvent) {
  const action = name.replace(/_ERROR$/, '')
  if (LOCKOUT.test(action)) return { stage: 'Login', event: action.toLowerCase(), result: 'Failure' }
  const words = action.replaceAll('_', ' ').toLowerCase()
  const stage = words.charAt(0).toUpperCase() + words.slice(1)
  const outcome = action === name && error === undefined ? 'Success' : 'Failure'
  const result =
    CHALLENGE_ERRORS.has(error ?? '') || (outcome === 'Success' && CHALLENGES.has(action)) ? 'Challenge' : outcome
  return { stage, event: error ?? outcome, result }
}

/**
 * The user, here and at the identity provider. In an impersonation, the impersonator's own sign-in is the identity
 * provider.
 */
function userFields({ user, details }: AccessEvent) {
  return {
    user_id: user.userId,
    upstream_user_id: details.impersonator ?? details.identity_provider_identity ?? user.username ?? details.username,
    upstream_idp: details.impersonator === undefined ? details.identity_provider : details.impersonator_realm,
  }
}

/**
 * The realm's id is the organization: access depends on it, and a realm's name can change and be given to another
 * realm. A client belongs to its realm, so the realm is also the organization of the application.
 */
function organizationFields({ realmId, realmName, user }: AccessEvent, url: string | undefined) {
  const client = user.clientId
  return {
    org_id: realmId,
    org_name: realmName,
    client_id: client,
    login_org_id: client && realmId,
    login_org_name: client && realmName,
    issuer: url && realmName ? `${url}/realms/${encodeURIComponent(realmName)}` : undefined,
  }
}

/**
 * The ids that group records. In a browser, an attempt has the id that its session has after success. There are two
 * exceptions:
 *
 * - In a first login through another provider, `code_id` can be the code of one request. Then `sessionId` is the
 *   attempt.
 * - When a browser logs out, `sessionId` is the attempt to log out and not the session that ends. Only the log-out of a
 *   client (which authenticates itself) has the session.
 */
function correlationFields({ name, user, details }: AccessEvent) {
  if (/^LOGOUT(_ERROR)?$/.test(name) && details.client_auth_method === undefined) return { trace_id: user.sessionId }
  return {
    trace_id: details.code_id && (user.sessionId ?? details.code_id),
    session: user.sessionId,
    token_id: details.token_id,
  }
}
