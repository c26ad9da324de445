import { z } from 'zod'
import { eventIdOf } from '../webhooks/event_id.js'
import { isBearerSecret } from '../webhooks/signature.js'
import { momentOf, optionalId, optionalPart, optionalText, stageOf } from './provider_text.js'
import { checked, parsedJson, type Reading, readEvents, type SourceAction, type SourceKind } from './source.js'

const CHALLENGE_HEADER = 'x-okta-verification-challenge'

/**
 * Okta: event hooks, and arrays of System Log entries as pollers forward them. `docs/sources/okta.md` has the mapping.
 */
export const okta: SourceKind<Record<never, never>> = {
  kind: 'okta',
  options: {},
  open: ({ name, secrets }) => ({
    name,
    kind: 'okta',
    scheme: 'Bearer',
    credential: 'the secret in the header Authorization, alone or after Bearer',
    isAuthorized: ({ authorization }) => isBearerSecret(authorization, secrets),
    verify: ({ authorization }, body) => body.length > 0 && isBearerSecret(authorization, secrets),
    read: (body) => readEvents(entriesOf(parsedJson(body)), (event) => read(event, name)),
    // Okta sends a hook once more, and then gives it up.
    onFault: 'set aside',
    // Okta waits for three seconds.
    answerWithinMs: 2_500,
    challenge: (headers) => {
      const verification = headers[CHALLENGE_HEADER]
      return typeof verification === 'string' && verification !== '' ? { verification } : undefined
    },
    request: {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: { oneOf: [z.toJSONSchema(hook), z.toJSONSchema(entries)] } } },
      },
    },
  }),
}

const entries = z.array(z.unknown()).describe('Entries of the System Log.')
const hook = z
  .looseObject({ data: z.looseObject({ events: entries }) })
  .describe('An event hook: its `data.events` are entries of the System Log.')

function entriesOf(body: unknown): readonly unknown[] {
  if (Array.isArray(body)) return body
  const single = z.looseObject({ uuid: z.string(), eventType: z.string(), published: z.string() }).safeParse(body)
  return single.success ? [body] : checked(hook, body).data.events
}

/** The parts of an entry that become a record. `debugContext`, which may hold secrets, is not read. */
const logEntry = z.object({
  uuid: z.string().min(1),
  published: z.string(),
  eventType: z.string().min(1),
  displayMessage: optionalText,
  actor: optionalPart(
    z.object({ id: optionalId, type: optionalText, alternateId: optionalText, displayName: optionalText }),
  ),
  client: optionalPart(
    z.object({
      id: optionalText,
      ipAddress: optionalText,
      userAgent: optionalPart(z.object({ rawUserAgent: optionalText })),
    }),
  ),
  outcome: optionalPart(z.object({ result: optionalText, reason: optionalText })),
  target: z
    .array(z.object({ id: optionalId, type: optionalText, alternateId: optionalText, displayName: optionalText }))
    .nullish()
    .transform((given) => given ?? []),
  transaction: optionalPart(z.object({ id: optionalText })),
  authenticationContext: optionalPart(z.object({ externalSessionId: optionalText, rootSessionId: optionalText })),
})

type LogEntry = z.output<typeof logEntry>

/** Okta writes this where it knows no user and no session. */
const UNKNOWN = 'unknown'

function known(text: string | undefined): string | undefined {
  return text === UNKNOWN ? undefined : text
}

/** The event types that belong to sign-ins and credentials. The others are actions. */
const SIGN_INS =
  /^(user\.(authentication|session|mfa|account|credential)\.|policy\.evaluate_sign_on|app\.oauth2\.|security\.)/

function read(event: unknown, source: string): Reading {
  const entry = checked(logEntry, event)
  const id = eventIdOf(source, entry.uuid, momentOf('published', entry.published))
  if (!SIGN_INS.test(entry.eventType)) return { is: 'action', record: actionOf(entry, id) }
  return {
    is: 'sign-in',
    record: {
      event_id: id,
      time: entry.published,
      ...stageAndEvent(entry),
      ...userFields(entry),
      ...correlationFields(entry),
      client_id: entry.client.id,
      source_ip: entry.client.ipAddress,
      user_agent: entry.client.userAgent?.rawUserAgent,
      application_name: targetOf(entry, /^AppInstance$/)?.displayName,
      upstream_idp: targetOf(entry, /identity ?provider/i)?.displayName,
      token_id: targetOf(entry, /^(access_token|id_token|refresh_token)$/i)?.id,
    },
  }
}

/**
 * What the results of Okta's System Log mean. `SKIPPED` and `UNKNOWN` say neither that it worked nor that it failed.
 */
const RESULTS: Readonly<Record<string, string>> = {
  SUCCESS: 'Success',
  ALLOW: 'Success',
  FAILURE: 'Failure',
  DENY: 'Failure',
  RATE_LIMIT: 'Failure',
  ABANDONED: 'Failure',
  CHALLENGE: 'Challenge',
}

const STAGES: Readonly<Record<string, string>> = { 'user.session.start': 'Login', 'user.session.end': 'Logout' }

function stageAndEvent({ eventType, outcome }: LogEntry) {
  const result = outcome.result === undefined ? undefined : RESULTS[outcome.result]
  return {
    stage: STAGES[eventType] ?? stageOf(eventType.replace(/^user\./, '')),
    event: outcome.reason ?? result ?? outcome.result,
    event_name: eventType,
    result,
  }
}

/** An application that fetches a token by itself is the actor, and no user. */
function userFields({ actor }: LogEntry) {
  if (actor.type !== undefined && actor.type !== 'User') return {}
  return { user_id: known(actor.id), upstream_user_id: known(actor.alternateId) }
}

/**
 * All stages of a sign-in have the root session (or, in older orgs, the external one). Without a session, the
 * transaction is what the events of one request share.
 */
function correlationFields({ authenticationContext, transaction }: LogEntry) {
  const session = known(authenticationContext.rootSessionId) ?? known(authenticationContext.externalSessionId)
  return { session, trace_id: session ?? known(transaction.id) }
}

function targetOf({ target }: LogEntry, type: RegExp) {
  return target.find((each) => each.type !== undefined && type.test(each.type))
}

function actionOf(entry: LogEntry, id: string): SourceAction {
  const [target] = entry.target
  return {
    event_id: id,
    time: entry.published,
    api_name: 'okta',
    action: entry.eventType,
    user_id: known(entry.actor.id),
    user_email: known(entry.actor.alternateId),
    source_ip: entry.client.ipAddress,
    session: correlationFields(entry).session,
    trace_id: known(entry.transaction.id),
    target_resource_type: target?.type,
    target_id: target?.id,
    target_resource_name: target?.displayName ?? target?.alternateId,
    description:
      [entry.displayMessage, entry.outcome.result, entry.outcome.reason].filter(Boolean).join(', ') || undefined,
  }
}
