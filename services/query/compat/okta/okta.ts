import { randomBytes } from 'node:crypto'
import { eventKindOf } from '../../../../schemas/derive/outcomes/event_kind.js'
import type { Stream } from '../../../../schemas/streams/index.js'
import type { Problem } from '../../../runtime/problem.js'
import { sendJsonArray } from '../../limits/json_answer.js'
import type { RequestQuery } from '../../parameters/given_parameters.js'
import { asBearer, type Product } from '../frame.js'
import { addressOf, linkHeader } from '../links.js'
import { encodeAfter } from './after.js'
import { logEvent } from './answer.js'
import { logsReader } from './read_logs.js'
import { logsRequest } from './request.js'

/** Okta's client for Python, 3.4.6, writes no blank behind it. */
const SSWS = /^SSWS */i

/** Okta's System Log API, over a stream that has kinds of events. */
export function okta(stream: Stream): Product {
  return {
    authorizationOf: ({ headers }) => asBearer(headers.authorization, SSWS),
    errorBody,
    errorHeaders,
    addRoutes(app, parts) {
      const kindOf = eventKindOf(stream) ?? (() => 'other' as const)
      const readLogs = logsReader(stream, parts)
      const { tokens } = parts.feed

      app.get('/api/v1/logs', { config: { scope: 'audits:read' } }, async (request, reply) => {
        const logs = logsRequest(request.query as RequestQuery, { stream, now: parts.now(), tokens })
        const { records, next } = await readLogs(logs, request, reply)
        const base = parts.baseOf(request)
        const address = (replaced: Record<string, string>) =>
          addressOf(base, request, { since: logs.sinceText, ...replaced })
        reply.header(
          'link',
          linkHeader({
            self: addressOf(base, request, {}),
            next: next && address({ after: encodeAfter(next, stream.name, tokens) }),
          }),
        )
        return sendJsonArray(
          reply,
          records.map((record) => logEvent(record, kindOf(record))),
        )
      })
    },
  }
}

/** Okta's code of an error, by its status. */
const CODES: Readonly<Record<number, string>> = {
  400: 'E0000001',
  401: 'E0000011',
  403: 'E0000006',
  404: 'E0000007',
  422: 'E0000001',
  429: 'E0000047',
}

function errorBody({ status, code, message }: Problem): object {
  const errorCode = CODES[status] ?? 'E0000009'
  return {
    errorCode,
    errorSummary: message,
    errorLink: errorCode,
    errorId: `oae${randomBytes(12).toString('base64url')}`,
    errorCauses: [{ errorSummary: code }],
  }
}

/** Okta's programs wait for a time, not for a while. */
function errorHeaders({ status, headers }: Problem): Readonly<Record<string, string>> {
  const seconds = Number(headers['retry-after'])
  if (status !== 429 || Number.isNaN(seconds)) return {}
  return {
    'x-rate-limit-limit': headers['ratelimit-limit'] ?? '0',
    'x-rate-limit-remaining': '0',
    'x-rate-limit-reset': String(Math.ceil(Date.now() / 1_000) + seconds),
  }
}
