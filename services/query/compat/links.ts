import type { FastifyRequest } from 'fastify'
import type { RequestQuery } from '../parameters/given_parameters.js'

/** Parameters that replace those of a request, by their names; undefined leaves one out. */
export type Replaced = Readonly<Record<string, string | undefined>>

/** The absolute address of a request with other parameters: links keep everything else that the caller asked. */
export function addressOf(base: string, request: FastifyRequest, replaced: Replaced): string {
  const query = new URLSearchParams()
  for (const [name, values] of Object.entries(request.query as RequestQuery)) {
    if (name in replaced) continue
    for (const value of [values ?? []].flat()) query.append(name, value)
  }
  for (const [name, value] of Object.entries(replaced)) if (value !== undefined) query.append(name, value)
  const [asked = ''] = request.url.split('?')
  // A path may arrive with characters that end a link in a header.
  const path = asked.replace(/[^\x21-\x7e]|[<>"\\^`{|}]/g, encodeURIComponent)
  return `${base}${path}${query.size === 0 ? '' : `?${query}`}`
}

/** The value of a header `Link` (RFC 8288): one link for each address, by its relation. */
export function linkHeader(links: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(links)
    .flatMap(([relation, address]) => (address === undefined ? [] : [`<${address}>; rel="${relation}"`]))
    .join(', ')
}
