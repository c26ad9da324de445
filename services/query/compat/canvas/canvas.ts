import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { eventKindOf } from '../../../../schemas/derive/outcomes/event_kind.js'
import type { Stream } from '../../../../schemas/streams/index.js'
import { Problem } from '../../../runtime/problem.js'
import { microsOf } from '../../clickhouse/rows.js'
import { sendJson } from '../../limits/json_answer.js'
import { pageReader } from '../../list/read_page.js'
import type { RequestQuery } from '../../parameters/given_parameters.js'
import type { CompatParts, Product } from '../frame.js'
import { addressOf, linkHeader } from '../links.js'
import { eventsDocument, numericId, textId } from './answer.js'
import { bookmarkOf, eventsRequest, OWNERS, type Owner } from './request.js'

export interface CanvasOptions {
  /** Whether ids that are whole numbers are numbers in answers, as Canvas's own are. */
  readonly numericIds?: boolean
}

const PATH = '/api/v1/audit/authentication'
/** The parameter that may have the token. As with Canvas, links do not have it; nothing else that is written has it. */
const TOKEN = 'access_token'

/** Canvas's Authentications Log API, over a stream that has kinds of events. */
export function canvas(stream: Stream, { numericIds = false }: CanvasOptions = {}): Product {
  return {
    authorizationOf,
    errorBody: ({ code, message }) => ({ status: statusOf(code), errors: [{ message, error_code: code }] }),
    addRoutes(app, parts) {
      for (const owner of Object.keys(OWNERS) as Owner[]) addEventsRoute(app, owner, { ...parts, stream, numericIds })
    },
  }
}

/** The header wins over the parameter. */
function authorizationOf({ headers, query }: FastifyRequest): string | undefined {
  const [token] = [(query as RequestQuery)[TOKEN] ?? []].flat()
  if (headers.authorization !== undefined || token === undefined || token === '') return headers.authorization
  return `Bearer ${token}`
}

/** Canvas's words for callers that it does not know, and for those that may not do what they ask. */
function statusOf(code: string): string | undefined {
  if (code.startsWith('TOKEN_')) return 'unauthenticated'
  return code === 'INSUFFICIENT_SCOPE' || code === 'NO_ORGANISATION' ? 'unauthorized' : undefined
}

function addEventsRoute(
  app: FastifyInstance,
  owner: Owner,
  parts: CompatParts & { readonly stream: Stream; readonly numericIds: boolean },
): void {
  const { stream, numericIds, baseOf, now } = parts
  const readPage = pageReader(stream, parts)
  const kindOf = eventKindOf(stream) ?? (() => 'other' as const)
  const idOf = numericIds ? numericId : textId

  app.get(`${PATH}/${owner}/:id`, { config: { scope: 'audits:read' } }, async (request, reply) => {
    const { id } = request.params as { readonly id: string }
    // Empty text stands for an absent id: those records are of nobody.
    if (id === '') throw new Problem(404, 'NOT_FOUND', 'The path has no id.')
    const { list, perPage } = eventsRequest(owner, id, request.query as RequestQuery, now())
    const found = await readPage(list, request, reply)
    const records = found.slice(0, perPage)
    const last = found.length > perPage ? records.at(-1) : undefined
    const next = last && bookmarkOf({ time: microsOf(last), eventId: last.event_id })
    const base = baseOf(request)
    sendLinks(reply, { base, request, next })
    return sendJson(reply, eventsDocument(records, { kindOf, idOf, audit: `${base}${PATH}` }))
  })
}

interface Links {
  readonly base: string
  readonly request: FastifyRequest
  /** The bookmark of the next page, if there is one. */
  readonly next: string | undefined
}

function sendLinks(reply: FastifyReply, { base, request, next }: Links): void {
  const address = (page: string) => addressOf(base, request, { [TOKEN]: undefined, page })
  const [asked = 'first'] = [(request.query as RequestQuery).page ?? []].flat()
  reply.header(
    'link',
    linkHeader({
      current: address(asked),
      next: next === undefined ? undefined : address(next),
      first: address('first'),
    }),
  )
}
