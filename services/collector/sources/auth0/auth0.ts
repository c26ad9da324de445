import { z } from 'zod'
import { eventIdOf } from '../../webhooks/event_id.js'
import { isBearerSecret } from '../../webhooks/signature.js'
import { momentOf, optionalPart, optionalText } from '../provider_text.js'
import { checked, type Reading, readEvents, ShapeError, type SourceKind } from '../source.js'
import { CODES } from './codes.js'

/**
 * Auth0: log streams. An event may stand alone, in an array or on a line of its own; bare, in `{log_id, data}` or in
 * the `detail` of an event bus. `docs/sources/auth0.md` has the mapping.
 */
export const auth0: SourceKind<Record<never, never>> = {
  kind: 'auth0',
  options: {},
  open: ({ name, secrets }) => ({
    name,
    kind: 'auth0',
    scheme: 'Bearer',
    credential: 'the authorization token of the log stream in the header Authorization',
    isAuthorized: ({ authorization }) => isBearerSecret(authorization, secrets),
    verify: ({ authorization }, body) => body.length > 0 && isBearerSecret(authorization, secrets),
    read: (body) => readEvents(entriesOf(body), (event) => read(event, name)),
    // Auth0 tries three times, and then pauses the stream.
    onFault: 'set aside',
    request: {
      requestBody: { required: true, content: { 'application/json': { schema: { type: ['array', 'object'] } } } },
    },
  }),
}

/**
 * The events of a body. A line that is no JSON stays text, so that its neighbors are stored.
 *
 * @throws {ShapeError} when nothing of the body is JSON
 */
function entriesOf(body: Buffer): readonly unknown[] {
  const text = body.toString('utf8')
  const whole = jsonOf(text)
  if (whole !== undefined) return Array.isArray(whole) ? whole : [whole]
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const entries = lines.map((line) => jsonOf(line) ?? line)
  if (entries.every((entry) => typeof entry === 'string')) throw new ShapeError(['it must be JSON, or lines of it'])
  return entries
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * The parts of an event that become a record. `description` and other `details` may quote secrets, and are not read.
 */
const logEvent = z.object({
  date: z.string(),
  type: z.string().min(1),
  log_id: optionalText,
  client_id: optionalText,
  client_name: optionalText,
  connection: optionalText,
  strategy: optionalText,
  strategy_type: optionalText,
  hostname: optionalText,
  tenant_name: optionalText,
  organization_id: optionalText,
  organization_name: optionalText,
  ip: optionalText,
  user_agent: optionalText,
  user_id: optionalText,
  user_name: optionalText,
  details: optionalPart(z.looseObject({ session_id: optionalText })),
})

type LogEvent = z.output<typeof logEvent>

/** The event within `{log_id, data}` and within the `detail` of an event bus. */
function unwrapped(entry: unknown): unknown {
  if (typeof entry !== 'object' || entry === null) return entry
  if ('detail' in entry) return unwrapped(entry.detail)
  if (!('data' in entry) || typeof entry.data !== 'object' || entry.data === null) return entry
  return 'log_id' in entry ? { log_id: entry.log_id, ...entry.data } : entry.data
}

function read(entry: unknown, source: string): Reading {
  if (typeof entry === 'string') throw new ShapeError(['it must be a JSON object'])
  const event = checked(logEvent, unwrapped(entry))
  const identity = event.log_id ?? JSON.stringify(event)
  const code = CODES[event.type]
  return {
    is: 'sign-in',
    record: {
      event_id: eventIdOf(source, identity, momentOf('date', event.date)),
      time: event.date,
      stage: code?.stage ?? 'Other',
      event: code?.event ?? event.type,
      event_name: event.type,
      result: code?.result,
      user_id: event.user_id,
      upstream_user_id: event.user_name,
      upstream_idp: upstreamOf(event),
      ...organizationFields(event),
      client_id: event.client_id,
      application_name: event.client_name,
      source_ip: event.ip,
      user_agent: event.user_agent,
      session: event.details.session_id,
    },
  }
}

/** The connection is another provider, unless it is Auth0's own database or its codes and links by mail. */
function upstreamOf({ connection, strategy, strategy_type: type }: LogEvent): string | undefined {
  if (type === 'database' || type === 'passwordless' || strategy === 'auth0') return undefined
  return connection
}

function organizationFields({ hostname, tenant_name: tenant, organization_id, organization_name }: LogEvent) {
  return {
    org_id: tenant ?? hostname,
    org_name: tenant ?? hostname,
    login_org_id: organization_id,
    login_org_name: organization_name,
    issuer: hostname && `https://${hostname}/`,
  }
}
