import { isApiKey } from '../../runtime/auth/api_key.js'
import { type Authenticate, type Principal, requireScope } from '../../runtime/auth/bearer_tokens.js'
import { Problem } from '../../runtime/problem.js'
import type { FindWriter } from './api_keys.js'

/** A caller that may write records. */
export interface Writer extends Principal {
  /** The streams that it may write; all of them if absent. */
  readonly streams?: readonly string[]
}

/**
 * Finds the writer of a request by its `Authorization` header.
 *
 * @throws {Problem} 401 or 403 with the reason, 503 if the issuer's keys are unavailable or nobody may write
 */
export type AuthenticateWriter = (authorization: string | undefined) => Promise<Writer>

/** Accepts API keys, and tokens of the issuer with the scope `audits:write`, as far as they are configured. */
export function authenticateWriters(
  findWriter: FindWriter | undefined,
  authenticateToken: Authenticate | undefined,
): AuthenticateWriter {
  return async (authorization) => {
    if (findWriter === undefined && authenticateToken === undefined) {
      throw new Problem(503, 'WRITES_OFF', 'Nobody may write records: neither AUTH_ISSUER nor API_KEYS is configured.')
    }
    const key = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1] ?? ''
    if (isApiKey(key)) {
      const writer = findWriter?.(key)
      if (writer === undefined) throw unknown('The API key is not one that is configured.')
      return writer
    }
    if (authenticateToken === undefined) throw unknown('Give an API key: Authorization: Bearer gatelog_…')
    const principal = await authenticateToken(authorization)
    requireScope(principal, 'audits:write')
    return principal
  }
}

function unknown(message: string): Problem {
  return new Problem(401, 'API_KEY_INVALID', message, { 'www-authenticate': 'Bearer realm="gatelog"' })
}

/** @throws {Problem} 403 `STREAM_NOT_PERMITTED` when the writer may not write the stream */
export function requireStream({ streams }: Writer, stream: string): void {
  if (streams === undefined || streams.includes(stream)) return
  throw new Problem(403, 'STREAM_NOT_PERMITTED', `The API key may not write ${stream}, only ${streams.join(', ')}.`)
}
