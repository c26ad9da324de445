/** A part of an OpenAPI 3.1 document. */
type Part = Readonly<Record<string, unknown>>

/** What every error of the service is told as. */
export const problem: Part = {
  type: 'object',
  description:
    'What went wrong (RFC 9457), under the names of that standard and under those that existing clients read.',
  required: ['type', 'title', 'status', 'detail', 'error_code', 'error_message'],
  properties: {
    type: { type: 'string', description: 'Always `about:blank`: `error_code` tells the kinds apart.' },
    title: { type: 'string', description: 'The status in words.' },
    status: { type: 'integer', description: 'The HTTP status.' },
    detail: { type: 'string', description: 'What went wrong, and what to do.' },
    error_code: { type: 'string', description: 'What went wrong, for programs.' },
    error_message: { type: 'string', description: 'The same text as `detail`.' },
  },
}

const count = { schema: { type: 'integer', minimum: 0 } }
const text = { schema: { type: 'string' } }
const retryAfter = { 'Retry-After': { description: 'After how many seconds to try again.', ...count } }

/** The ways to fail, by the names that operations refer to them by. Each `detail` is what the service says. */
export const responses: Part = {
  InvalidParameter: refusal({
    description: 'A parameter is not known or not understood; the answer names it. Or the request is malformed.',
    status: 400,
    title: 'Bad request',
    code: 'INVALID_PARAMETER',
    detail: 'usr_id: is not a parameter of auth_audits. Did you mean user_id?',
  }),
  NotAuthenticated: refusal({
    description: 'There is no token, or it is not valid.',
    status: 401,
    title: 'Not authenticated',
    code: 'TOKEN_INVALID',
    detail: 'The token has expired.',
    headers: { 'WWW-Authenticate': { description: 'Why the token is refused (RFC 6750).', ...text } },
  }),
  NotPermitted: refusal({
    description: 'The token lacks the scope that is needed (`audits:read`, `audits:export`), or names no organization.',
    status: 403,
    title: 'Not permitted',
    code: 'INSUFFICIENT_SCOPE',
    detail: 'The token needs the scope audits:read.',
    headers: {
      'WWW-Authenticate': { description: 'The scope that is needed, where one is lacking (RFC 6750).', ...text },
    },
  }),
  SignInNotFound: refusal({
    description: 'There is no such sign-in, or none of which the caller may read anything.',
    status: 404,
    title: 'Not found',
    code: 'SIGN_IN_NOT_FOUND',
    detail: 'There is no sign-in with this trace_id that you may read.',
  }),
  NotAcceptable: refusal({
    description: '`Accept` names no media type that an export can be had in.',
    status: 406,
    title: 'Not acceptable',
    code: 'NOT_ACCEPTABLE',
    detail: 'An export can be had as ndjson, csv, parquet, ocsf: name one in format=.',
  }),
  RequestTimeout: refusal({
    description: 'The request did not arrive in time.',
    status: 408,
    title: 'Request timed out',
    code: 'REQUEST_TIMEOUT',
    detail: 'The request did not arrive in time. Send it again.',
  }),
  QueryTooLarge: refusal({
    description: 'The query reads more than one may; the answer says how to narrow it.',
    status: 422,
    title: 'Cannot be processed',
    code: 'QUERY_TOO_LARGE',
    detail:
      'The query exceeds its limits. Narrow it: a shorter time between dt_from and dt_to, one more filter, or a smaller limit.',
  }),
  TooManyRequests: refusal({
    description: 'The caller asks more often, waits more often at once, or runs more exports, than it may.',
    status: 429,
    title: 'Too many requests',
    code: 'RATE_LIMITED',
    detail:
      'You may ask 50 times a second, 200 at once. Ask again after 1 s; ask for more records at a time to ask less often.',
    headers: {
      ...retryAfter,
      'RateLimit-Limit': { description: 'How many requests may be made at once.', ...count },
      'RateLimit-Remaining': { description: 'How many are left: none.', ...count },
      'RateLimit-Reset': { description: 'After how many seconds all may be made again.', ...count },
    },
  }),
  HeaderTooLarge: refusal({
    description: 'Address and header are too long together.',
    status: 431,
    title: 'Header too large',
    code: 'HEADER_TOO_LARGE',
    detail: 'Address and header are longer than 16384 bytes. Shorten them.',
  }),
  Failed: refusal({
    description: 'The service failed.',
    status: 500,
    title: 'Internal error',
    code: 'QUERY_FAILED',
    detail: 'The query failed. If this persists, contact the operator.',
  }),
  Unavailable: refusal({
    description:
      'The database, Kafka, or the issuer’s keys, are out of reach for the moment; or too many callers wait; or the service gives no ' +
      'exports out.',
    status: 503,
    title: 'Unavailable',
    code: 'STORE_UNAVAILABLE',
    detail: 'The database is unavailable. Retry in a few seconds.',
    headers: retryAfter,
  }),
}

interface Refusal {
  readonly description: string
  readonly status: number
  readonly title: string
  readonly code: string
  readonly detail: string
  readonly headers?: Part
}

function refusal({ description, status, title, code, detail, headers }: Refusal): Part {
  const example = { type: 'about:blank', title, status, detail, error_code: code, error_message: detail }
  return {
    description,
    ...(headers === undefined ? {} : { headers }),
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' }, example } },
  }
}

/** A way to fail, as an operation refers to it. */
export function response(name: string): Part {
  return { $ref: `#/components/responses/${name}` }
}

/** How an operation on a stream may fail, by status. */
export const FAILURES: Part = {
  '400': response('InvalidParameter'),
  '401': response('NotAuthenticated'),
  '403': response('NotPermitted'),
  '408': response('RequestTimeout'),
  '422': response('QueryTooLarge'),
  '429': response('TooManyRequests'),
  '431': response('HeaderTooLarge'),
  '500': response('Failed'),
  '503': response('Unavailable'),
}
