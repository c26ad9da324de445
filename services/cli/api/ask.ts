import { CliError } from '../errors.js'
import { type AccessOptions, resolveAccess } from './access.js'
import { refusalOf } from './refusal.js'

/** How long the token of a question is valid: far longer than any answer takes. */
const TOKEN_SECONDS = 600

/** Asks the query service: returns the JSON of one path under `/v1`. */
export type Ask = <Answer>(path: string, parameters?: readonly (readonly [string, string])[]) => Promise<Answer>

/** @throws {CliError} as `resolveAccess`; the function that it returns: `SERVICE_AWAY`, `QUERY_REFUSED` */
export async function openApi(options: AccessOptions): Promise<Ask> {
  const { api, token } = await resolveAccess(options, { scope: ['audits:read'], ttl: TOKEN_SECONDS })
  return async <Answer>(path: string, parameters: readonly (readonly [string, string])[] = []) => {
    const url = new URL(`${api}/v1/${path}`)
    for (const [name, value] of parameters) url.searchParams.append(name, value)
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } }).catch(() => {
      throw new CliError('SERVICE_AWAY', `The query service at ${url.origin} does not answer: is it running?`)
    })
    if (!response.ok) throw new CliError('QUERY_REFUSED', await refusalOf(response))
    return (await response.json()) as Answer
  }
}
