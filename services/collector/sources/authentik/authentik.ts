import { z } from 'zod'
import { isJsonObject, type JsonObject } from '../../../../schemas/streams/index.js'
import { isUuid } from '../../../../schemas/streams/uuid.js'
import { eventIdOf } from '../../webhooks/event_id.js'
import { isBearerSecret } from '../../webhooks/signature.js'
import { momentOf, optionalId, optionalPart, optionalText } from '../provider_text.js'
import { checked, parsedJson, type Reading, ShapeError, type SourceKind } from '../source.js'

/** The webhook mapping for authentik that sends a whole event: the default one sends a sentence about it. */
export const AUTHENTIK_MAPPING = `event = notification.event
return {
    "pk": str(event.pk),
    "user": event.user,
    "action": event.action,
    "app": event.app,
    "context": event.context,
    "client_ip": event.client_ip,
    "created": event.created.isoformat(),
    "expires": event.expires.isoformat(),
    "brand": event.brand,
}`

const options = {
  events: z
    .boolean()
    .default(true)
    .describe('Whether each event is kept whole in the stream `events`, and not sign-ins alone'),
}

/**
 * authentik, by a notification transport of the type webhook whose body mapping sends the whole event, in the form of
 * authentik's own API. `docs/sources/authentik.md` has the steps.
 */
export const authentik: SourceKind<typeof options> = {
  kind: 'authentik',
  options,
  open: ({ name, secrets, events = true }) => ({
    name,
    kind: 'authentik',
    scheme: 'Bearer',
    credential: 'the secret in the header Authorization, alone or after Bearer',
    isAuthorized: ({ authorization }) => isBearerSecret(authorization, secrets),
    verify: ({ authorization }, body) => body.length > 0 && isBearerSecret(authorization, secrets),
    read: (body) => read(parsedJson(body), name, events),
    onFault: 'reject',
    request: {
      requestBody: { required: true, content: { 'application/json': { schema: z.toJSONSchema(anyEvent) } } },
    },
  }),
}

/** What every event has. */
const anyEvent = z.looseObject({ pk: z.string().min(1), action: z.string().min(1), created: z.string() })

/** The parts of an event that have one form whatever its action is. */
const event = anyEvent.extend({
  app: optionalText,
  client_ip: optionalText,
  expires: optionalText,
  brand: optionalPart(z.looseObject({ pk: optionalId, name: optionalText })),
  /** What brands were called before authentik 2024.2. */
  tenant: optionalPart(z.looseObject({ pk: optionalId, name: optionalText })),
})

/** The parts of a sign-in that become a record. */
const signInEvent = event.extend({
  user: optionalPart(z.looseObject({ pk: optionalId, email: optionalText, username: optionalText })),
  context: optionalPart(
    z.looseObject({
      username: optionalText,
      source: optionalPart(z.looseObject({ name: optionalText })),
      stage: optionalPart(z.looseObject({ name: optionalText })),
      authorized_application: optionalPart(z.looseObject({ name: optionalText })),
      http_request: optionalPart(
        z.looseObject({
          user_agent: optionalText,
          args: optionalPart(z.looseObject({ client_id: optionalText })),
        }),
      ),
    }),
  ),
})

type SignInEvent = z.output<typeof signInEvent>

/** The actions that belong to sign-ins, by authentik's documentation. */
const STAGES: Readonly<Record<string, { readonly stage: string; readonly event: string; readonly result: string }>> = {
  login: { stage: 'Login', event: 'Success', result: 'Success' },
  login_failed: { stage: 'Login', event: 'login_failed', result: 'Failure' },
  logout: { stage: 'Logout', event: 'Success', result: 'Success' },
  authorize_application: { stage: 'Authorize application', event: 'Success', result: 'Success' },
}

/** A sign-in is a record of `auth_audits` and an event, with one id. */
function read(body: unknown, source: string, events: boolean): readonly Reading[] {
  if (isDefaultBody(body))
    throw new ShapeError([`it has no event: give authentik's transport this webhook mapping:\n${AUTHENTIK_MAPPING}\n`])
  const parsed = checked(event, body)
  const moment = momentOf('created', parsed.created)
  const event_id = isUuid(parsed.pk) ? parsed.pk : eventIdOf(source, parsed.pk, moment)
  const readings = [
    ...(Object.hasOwn(STAGES, parsed.action) ? [signIn(checked(signInEvent, body), event_id)] : []),
    ...(events ? [wholeEvent(parsed, body as Nested, event_id)] : []),
  ]
  return readings.length > 0 ? readings : [{ is: 'ignored', type: parsed.action }]
}

function signIn(parsed: SignInEvent, event_id: string): Reading {
  const { context, brand, tenant } = parsed
  const record = {
    event_id,
    time: parsed.created,
    ...STAGES[parsed.action],
    ...userFields(parsed),
    org_id: brand.pk ?? tenant.pk,
    org_name: brand.name ?? tenant.name,
    upstream_idp: context.source?.name,
    application_name: context.authorized_application?.name,
    client_id: context.http_request?.args?.client_id,
    source_ip: parsed.client_ip,
    user_agent: context.http_request?.user_agent,
  }
  return { is: 'sign-in', record }
}

/** The parts of an event that have any shape. */
type Nested = Readonly<Partial<Record<'user' | 'context' | 'brand' | 'tenant', unknown>>>

/** The event as it came: what is nested in it stays what it is. */
function wholeEvent(parsed: z.output<typeof event>, came: Nested, event_id: string): Reading {
  const { created, action, app, client_ip, expires, brand, tenant } = parsed
  const record = {
    event_id,
    time: created,
    org_id: brand.pk ?? tenant.pk,
    action,
    app,
    user: objectOf(came.user),
    context: objectOf(came.context),
    client_ip,
    expires,
    brand: objectOf(came.brand ?? came.tenant),
  }
  return { is: 'event', record }
}

function objectOf(value: unknown): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined
}

/** What authentik sends without a mapping: a sentence, and the names of the recipient and of the user. */
function isDefaultBody(body: unknown): boolean {
  return z.looseObject({ body: z.string(), severity: z.string(), pk: z.undefined().optional() }).safeParse(body).success
}

/** A failed attempt of a name that authentik does not know is one of its anonymous user, whose id is nobody's. */
function userFields({ user, context }: SignInEvent) {
  if (user.username === undefined || user.username === 'AnonymousUser') return { upstream_user_id: context.username }
  return { user_id: user.pk, upstream_user_id: user.email ?? user.username }
}
