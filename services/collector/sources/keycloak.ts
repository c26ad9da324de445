import { z } from 'zod'
import { httpUrl } from '../../runtime/env.js'
import { eventIdOf } from '../event_id.js'
import { isHmacSha256 } from '../signature.js'
import { ShapeError, type Source, type SourceRecord, type WebhookContent } from './source.js'

/** The configuration of the Keycloak that sends. */
export const keycloakConfig = {
  KEYCLOAK_WEBHOOK_SECRET: z
    .string()
    .min(16, 'must be at least 16 characters long')
    .describe('The secret that signs the webhooks of Keycloak'),
  KEYCLOAK_URL: httpUrl
    .optional()
    .describe('The public URL of Keycloak, for the `issuer` of its records; its webhooks do not contain it'),
}

export type KeycloakConfig = z.output<z.ZodObject<typeof keycloakConfig>>

const NAME = 'keycloak'
const SIGNATURE = 'X-Keycloak-Signature'

/**
 * Keycloak with the extension `io.phasetwo.keycloak:keycloak-events` (0.46, on Keycloak 26). Its webhooks carry every
 * event of a realm. Events named `access.…` belong to sign-ins and become records. `docs/sources/keycloak.md` has the
 * mapping of each field, and what Keycloak's events lack.
 */
export function keycloak({ KEYCLOAK_WEBHOOK_SECRET: secret, KEYCLOAK_URL: url }: KeycloakConfig): Source {
  return {
    name: NAME,
    credential: `the HMAC-SHA256 of the body, in hexadecimal, in the header ${SIGNATURE}`,
    verify: (headers, body) => {
      const signature = headers[SIGNATURE.toLowerCase()]
      return isHmacSha256(typeof signature === 'string' ? signature : undefined, body, secret)
    },
    read: (body) => read(body, url),
    request: {
      parameters: [
        {
          name: SIGNATURE,
          in: 'header',
          required: true,
          description: 'HMAC-SHA256 of the body under the secret of the webhook, in hexadecimal.',
          schema: { type: 'string', pattern: '^[0-9A-Fa-f]{64}$' },
        },
      ],
      requestBody: { required: true, content: { 'application/json': { schema: z.toJSONSchema(anyEvent) } } },
    },
  }
}

/** Keycloak leaves out unknown values. Null and empty text count as absent, too. */
const text = z
  .string()
  .nullish()
  .transform((given) => given || undefined)

/** What every event of the extension has, whatever its kind. */
const anyEvent = z.looseObject({
  type: z.string().describe('The type of the event: `access.` or `admin.` and Keycloak’s name for it.'),
})

/** The parts of an `access.…` event that become a record. */
const accessEvent = z
  .object({
    type: z.string().regex(/^access\../, 'must name an event after `access.`'),
    id: text,
    uid: text,
    time: z
      .int('must be a whole number of milliseconds since 1970')
      .min(0, 'must not be before 1970')
      .max(8.64e15, 'must be in milliseconds, not in anything finer'),
    realmId: z.string().min(1),
    realmName: text,
    error: text,
    authDetails: orEmpty(z.object({ clientId: text, userId: text, username: text, ipAddress: text, sessionId: text })),
    details: orEmpty(
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
  .refine(({ id, uid }) => id !== undefined || uid !== undefined, { path: ['id'], message: 'must be there (or `uid`)' })

function orEmpty<S extends z.ZodObject>(schema: S) {
  return schema.nullish().transform((given): Partial<z.output<S>> => given ?? {})
}

type AccessEvent = z.output<typeof accessEvent>

function read(body: unknown, url: string | undefined): WebhookContent {
  const { type } = checked(anyEvent, body)
  if (!type.startsWith('access.')) return { records: [], ignored: [type] }
  return { records: [recordOf(checked(accessEvent, body), url)], ignored: [] }
}

function checked<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  throw new ShapeError(
    parsed.error.issues.map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`)),
  )
}

function recordOf(event: AccessEvent, url: string | undefined): SourceRecord {
  const time = new Date(event.time)
  return {
    // The extension makes a `uid` for each webhook that gets the event. `id` is the event's own, so that a realm with
    // two webhooks to this collector makes one record.
    event_id: eventIdOf(NAME, (event.id ?? event.uid) as string, time),
    time,
    ...stageAndEvent(event),
    ...userFields(event),
    ...organizationFields(event, url),
    ...correlationFields(event),
    source_ip: event.authDetails.ipAddress,
  }
}

/** A lock-out is the result of a sign-in, not a stage of its own. */
const LOCKOUT = /^USER_DISABLED_BY_(TEMPORARY|PERMANENT)_LOCKOUT$/

/**
 * `LOGIN` is the stage `Login` with the event `Success`; `LOGIN_ERROR` is the same stage with Keycloak's error code as
 * the event. The result says which of the two it was.
 */
function stageAndEvent({ type, error }: AccessEvent) {
  const name = type.slice('access.'.length)
  const action = name.replace(/_ERROR$/, '')
  if (LOCKOUT.test(action)) return { stage: 'Login', event: action.toLowerCase(), result: 'Failure' }
  const words = action.replaceAll('_', ' ').toLowerCase()
  const stage = words.charAt(0).toUpperCase() + words.slice(1)
  const result = action === name && error === undefined ? 'Success' : 'Failure'
  return { stage, event: error ?? result, result }
}

/**
 * The user, here and at the identity provider. In an impersonation, the impersonator's own sign-in is the identity
 * provider.
 */
function userFields({ authDetails, details }: AccessEvent) {
  return {
    user_id: authDetails.userId,
    upstream_user_id:
      details.impersonator ?? details.identity_provider_identity ?? authDetails.username ?? details.username,
    upstream_idp: details.impersonator === undefined ? details.identity_provider : details.impersonator_realm,
  }
}

/**
 * The realm's id is the organization: access depends on it, and a realm's name can change and be given to another
 * realm. A client belongs to its realm, so the realm is also the organization of the application.
 */
function organizationFields({ realmId, realmName, authDetails }: AccessEvent, url: string | undefined) {
  const client = authDetails.clientId
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
function correlationFields({ type, authDetails, details }: AccessEvent) {
  const { sessionId } = authDetails
  if (/^access\.LOGOUT(_ERROR)?$/.test(type) && details.client_auth_method === undefined) return { trace_id: sessionId }
  return {
    trace_id: details.code_id && (sessionId ?? details.code_id),
    session: sessionId,
    token_id: details.token_id,
  }
}
