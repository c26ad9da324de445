import type { FastifyReply } from 'fastify'

/**
 * An error response: `application/problem+json` (RFC 9457). It also has `error_code` and `error_message`, because the
 * published Agilicus client shows those.
 */
export class Problem extends Error {
  override readonly name = 'Problem'

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message)
  }

  /**
   * The response for any error: a problem as it is, a rejected request with its message, and no detail of anything
   * else.
   */
  static from(error: unknown): Problem {
    if (error instanceof Problem) return error
    const { statusCode, message } = error as { statusCode?: number; message?: string }
    if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
      return new Problem(statusCode, CODES[statusCode] ?? 'BAD_REQUEST', message ?? 'The request was rejected.')
    }
    return new Problem(500, 'INTERNAL', 'The request failed. Try again; if it keeps failing, contact the operator.')
  }

  body(): object {
    return {
      type: 'about:blank',
      title: TITLES[this.status] ?? 'Error',
      status: this.status,
      detail: this.message,
      error_code: this.code,
      error_message: this.message,
    }
  }

  /** @param more members that this error has besides (RFC 9457, section 3.2) */
  send(reply: FastifyReply, more: object = {}): FastifyReply {
    return reply
      .code(this.status)
      .headers(this.headers)
      .type(TYPE)
      .send(JSON.stringify({ ...this.body(), ...more }))
  }

  /** The whole response as bytes, for a connection that has no reply object. The connection closes after it. */
  toHttpResponse(): string {
    const body = JSON.stringify(this.body())
    const fields = Object.entries(this.headers).map(([name, value]) => `${name}: ${value}`)
    const head = [
      `HTTP/1.1 ${this.status} ${TITLES[this.status]}`,
      `content-type: ${TYPE}`,
      ...fields,
      'connection: close',
    ]
    return [...head, `content-length: ${Buffer.byteLength(body)}`, '', body].join('\r\n')
  }
}

const TYPE = 'application/problem+json; charset=utf-8'

/** The codes of requests that Fastify rejects; its own names are not part of the API. */
const CODES: Readonly<Record<number, string>> = {
  413: 'BODY_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Not authenticated',
  403: 'Not permitted',
  404: 'Not found',
  405: 'Method not allowed',
  406: 'Not acceptable',
  408: 'Request timed out',
  413: 'Too large',
  415: 'Unsupported media type',
  417: 'Expectation failed',
  422: 'Cannot be processed',
  429: 'Too many requests',
  431: 'Header too large',
  500: 'Internal error',
  503: 'Unavailable',
}
