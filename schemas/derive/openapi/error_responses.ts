import type { OpenAPIV3_1 } from 'openapi-types'

/** The body of every error response. */
export const problem: OpenAPIV3_1.SchemaObject = {
  type: 'object',
  description: 'An error (RFC 9457). It has the properties of that standard and those that existing clients read.',
  required: ['type', 'title', 'status', 'detail', 'error_code', 'error_message'],
  properties: {
    type: { type: 'string', description: 'Always `about:blank`. Use `error_code` to distinguish errors.' },
    title: { type: 'string', description: 'The status in words.' },
    status: { type: 'integer', description: 'The HTTP status.' },
    detail: { type: 'string', description: 'What went wrong and what to do.' },
    error_code: { type: 'string', description: 'The error code, for programs. docs/errors.md lists them.' },
    error_message: { type: 'string', description: 'The same text as `detail`.' },
  },
}

const count = { schema: { type: 'integer', minimum: 0 } } as const
const text = { schema: { type: 'string' } } as const
const retryAfter = { 'Retry-After': { description: 'When to retry, in seconds.', ...count } }

/** The error responses, by the names that operations refer to. Each `detail` is a text that the service sends. */
export const responses: Record<string, OpenAPIV3_1.ResponseObject> = {
  InvalidParameter: errorResponse({
    description: 'A parameter is unknown or invalid; `detail` names it. Or the request is malformed.',
    status: 400,
    title: 'Bad request',
    code: 'INVALID_PARAMETER',
    detail: 'usr_id: is not a parameter of auth_audits. Did you mean user_id?',
  }),
  NotAuthenticated: errorResponse({
    description: 'The token is missing or invalid.',
    status: 401,
    title: 'Not authenticated',
    code: 'TOKEN_INVALID',
    detail: 'The token has expired.',
    headers: { 'WWW-Authenticate': { description: 'Why the token is rejected (RFC 6750).', ...text } },
  }),
  NotPermitted: errorResponse({
    description: 'The token lacks the required scope (`audits:read`, `audits:export`) or names no organization.',
    status: 403,
    title: 'Not permitted',
    code: 'INSUFFICIENT_SCOPE',
    detail: 'The token needs the scope audits:read.',
    headers: {
      'WWW-Authenticate': { description: 'The required scope, if the token lacks it (RFC 6750).', ...text },
    },
  }),
  SignInNotFound: errorResponse({
    description: 'The sign-in does not exist, or the caller may read none of its records.',
    status: 404,
    title: 'Not found',
    code: 'SIGN_IN_NOT_FOUND',
    detail: 'There is no sign-in with this trace_id that you may read.',
  }),
  NotAcceptable: errorResponse({
    description: '`Accept` names no media type of an export.',
    status: 406,
    title: 'Not acceptable',
    code: 'NOT_ACCEPTABLE',
    detail: 'An export can be had as ndjson, csv, parquet, ocsf: name one in format=.',
  }),
  RequestTimeout: errorResponse({
    description: 'The request did not arrive in time.',
    status: 408,
    title: 'Request timed out',
    code: 'REQUEST_TIMEOUT',
    detail: 'The request did not arrive in time. Send it again.',
  }),
  QueryTooLarge: errorResponse({
    description: 'The query exceeds its limits. `detail` says how to narrow it.',
    status: 422,
    title: 'Cannot be processed',
    code: 'QUERY_TOO_LARGE',
    detail:
      'The query exceeds its limits. Narrow it: a shorter time between dt_from and dt_to, one more filter, or a smaller limit.',
  }),
  TooManyRequests: errorResponse({
    description: 'The caller exceeds its limit of requests, of waiting requests or of exports.',
    status: 429,
    title: 'Too many requests',
    code: 'RATE_LIMITED',
    detail:
      'You may ask 50 times a second, 200 at once. Ask again after 1 s; ask for more records at a time to ask less often.',
    headers: {
      ...retryAfter,
      'RateLimit-Limit': { description: 'The number of requests that may be made at once.', ...count },
      'RateLimit-Remaining': { description: 'The number of requests that are left: 0.', ...count },
      'RateLimit-Reset': { description: 'When all requests are available again, in seconds.', ...count },
    },
  }),
  HeaderTooLarge: errorResponse({
    description: 'URL and headers are too long.',
    status: 431,
    title: 'Header too large',
    code: 'HEADER_TOO_LARGE',
    detail: 'Address and header are longer than 16384 bytes. Shorten them.',
  }),
  Failed: errorResponse({
    description: 'The service failed.',
    status: 500,
    title: 'Internal error',
    code: 'QUERY_FAILED',
    detail: 'The query failed. If this persists, contact the operator.',
  }),
  Unavailable: errorResponse({
    description:
      'ClickHouse, Kafka or the issuer’s keys are unavailable, the service or ClickHouse is busy, too many callers wait, or exports are turned off.',
    status: 503,
    title: 'Unavailable',
    code: 'STORE_UNAVAILABLE',
    detail: 'The database is unavailable. Retry in a few seconds.',
    headers: retryAfter,
  }),
}

interface ErrorDescription {
  readonly description: string
  readonly status: number
  readonly title: string
  readonly code: string
  readonly detail: string
  readonly headers?: OpenAPIV3_1.ResponseObject['headers']
}

function errorResponse({
  description,
  status,
  title,
  code,
  detail,
  headers,
}: ErrorDescription): OpenAPIV3_1.ResponseObject {
  const example = { type: 'about:blank', title, status, detail, error_code: code, error_message: detail }
  return {
    description,
    ...(headers === undefined ? {} : { headers }),
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' }, example } },
  }
}

/** The reference of an operation to an error response. */
export function response(name: string): OpenAPIV3_1.ReferenceObject {
  return { $ref: `#/components/responses/${name}` }
}

/** The error responses of every operation on a stream, by status. */
export const ERRORS: OpenAPIV3_1.ResponsesObject = {
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
