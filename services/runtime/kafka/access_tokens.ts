import {
  allowInsecureRequests,
  ClientSecretBasic,
  clientCredentialsGrantRequest,
  customFetch,
  OperationProcessingError,
  processClientCredentialsResponse,
  ResponseBodyError,
} from 'oauth4webapi'

/** A client of an OAuth 2.0 token endpoint. */
export interface TokenClient {
  readonly url: string
  readonly clientId: string
  readonly clientSecret: string
  readonly scope?: string | undefined
}

/** Thrown when a token endpoint gives no token. The message holds no secret. */
export class TokenEndpointError extends Error {
  override readonly name = 'TokenEndpointError'
  readonly code = 'TOKEN_ENDPOINT_FAILED'
  readonly retriable = true
}

const TIMEOUT_MS = 10_000
/** A token is used until this share of its life has passed, so that none expires on its way. */
const USED_SHARE = 0.8

/**
 * Access tokens by the client credentials grant (RFC 6749, section 4.4), each kept until it is near its end. Calls at
 * the same time share one request.
 *
 * @throws {TokenEndpointError}
 */
export function accessTokens(
  client: TokenClient,
  { fetch: send = fetch, now = Date.now }: { readonly fetch?: typeof fetch; readonly now?: () => number } = {},
): () => Promise<string> {
  let known: { readonly token: string; readonly until: number } | undefined
  let asking: Promise<string> | undefined

  async function ask(): Promise<string> {
    const asked = now()
    const { token, lifeMs } = await requestToken(client, send)
    known = { token, until: asked + lifeMs * USED_SHARE }
    return token
  }

  return () => {
    if (known !== undefined && now() < known.until) return Promise.resolve(known.token)
    asking ??= ask().finally(() => {
      asking = undefined
    })
    return asking
  }
}

async function requestToken(
  { url, clientId, clientSecret, scope }: TokenClient,
  send: typeof fetch,
): Promise<{ readonly token: string; readonly lifeMs: number }> {
  const server = { issuer: url, token_endpoint: url }
  const client = { client_id: clientId }
  try {
    const response = await clientCredentialsGrantRequest(
      server,
      client,
      ClientSecretBasic(clientSecret),
      new URLSearchParams(scope === undefined ? {} : { scope }),
      {
        [customFetch]: (address: string, options: RequestInit) => send(address, options),
        // The operator chose the address; inside a cluster it may be plain http.
        [allowInsecureRequests]: true,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      },
    )
    const { access_token, expires_in } = await processClientCredentialsResponse(server, client, response)
    // Without a life, a token serves one connection.
    return { token: access_token, lifeMs: (expires_in ?? 0) * 1_000 }
  } catch (error) {
    throw new TokenEndpointError(`The token endpoint gave no token: ${reasonOf(error)}.`, { cause: error })
  }
}

/** Of an OAuth error its code, which holds no secret (RFC 6749, section 5.2). */
function reasonOf(error: unknown): string {
  if (error instanceof ResponseBodyError) return error.error
  if (error instanceof OperationProcessingError) return 'its answer is not a token response'
  return 'it does not answer'
}
