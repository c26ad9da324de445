import { z } from 'zod'
import { httpUrl } from '../../../runtime/env.js'
import { isHmac } from '../../webhooks/signature.js'
import { checked, parsedJson, type Reading, type SourceKind } from '../source.js'
import { readAccessEvent } from './access_event.js'
import { readAdminEvent } from './admin_event.js'
import { bodyTokenVerifier, jwtOptions } from './body_token.js'

const SIGNATURE = 'X-Keycloak-Signature'

export const keycloakOptions = {
  url: httpUrl
    .optional()
    .describe('The public URL of Keycloak, for the `issuer` of its records; its webhooks do not contain it'),
  jwt: jwtOptions.optional().describe('How to verify webhooks that are signed with a realm’s key'),
}

/**
 * Keycloak with the extension `io.phasetwo.keycloak:keycloak-events` (0.46, on Keycloak 26): its listener
 * `ext-event-webhook`, and `ext-event-http`, which posts Keycloak's own events. `docs/sources/keycloak.md` has the
 * mapping of each field, and what Keycloak's events lack.
 */
export const keycloak: SourceKind<typeof keycloakOptions> = {
  kind: 'keycloak',
  options: keycloakOptions,
  open: ({ name, secrets, url, jwt }) => {
    const isSignedByRealm = jwt && bodyTokenVerifier(jwt)
    return {
      name,
      kind: 'keycloak',
      scheme: 'Signature',
      credential: [
        ...(secrets.length === 0
          ? []
          : [`the HMAC-SHA256 or HMAC-SHA1 of the body, in hexadecimal, in the header ${SIGNATURE}`]),
        ...(jwt === undefined ? [] : ['a JWT of the realm in the header Authorization: Bearer']),
      ].join(', or '),
      isAuthorized: (headers) =>
        headers[SIGNATURE.toLowerCase()] !== undefined || (jwt !== undefined && headers.authorization !== undefined),
      verify: async (headers, body) => {
        const signature = headers[SIGNATURE.toLowerCase()]
        if (isHmac(typeof signature === 'string' ? signature : undefined, body, secrets)) return true
        return (await isSignedByRealm?.(headers.authorization, body)) ?? false
      },
      read: (body) => [read(parsedJson(body), { source: name, url })],
      onFault: 'reject',
      request: {
        parameters: [
          {
            name: SIGNATURE,
            in: 'header',
            required: jwt === undefined,
            description: 'HMAC-SHA256 or HMAC-SHA1 of the body under the secret of the webhook, in hexadecimal.',
            schema: { type: 'string', pattern: '^([0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})$' },
          },
        ],
        requestBody: { required: true, content: { 'application/json': { schema: z.toJSONSchema(anyEvent) } } },
      },
    }
  },
}

/** What events have in common: Keycloak's own admin events have no type, but an operation. */
const anyEvent = z
  .looseObject({
    type: z.string().optional().describe('`access.` or `admin.` and Keycloak’s name for the event; or the name alone.'),
    operationType: z.string().nullish().describe('What an administrator did, in an event of an administrator.'),
  })
  .refine(({ type, operationType }) => type !== undefined || Boolean(operationType), {
    path: ['type'],
    message: 'must be there (or `operationType`)',
  })

function read(body: unknown, context: { readonly source: string; readonly url: string | undefined }): Reading {
  const { type } = checked(anyEvent, body)
  if (type === undefined || type.startsWith('admin.')) return readAdminEvent(body, context)
  // Keycloak's own events have no prefix; events that applications publish through the extension have another one.
  if (type.startsWith('access.') || /^[A-Z][A-Z0-9_]*$/.test(type)) return readAccessEvent(body, context)
  return { is: 'ignored', type }
}
