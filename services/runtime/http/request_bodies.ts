import { Transform, type TransformCallback } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from '../problem.js'

/**
 * Bounds what senders can make a service hold: a request to an unknown path is answered before its body is read, and
 * the bodies of all requests together have a maximum size. A body that is too slow ends in Node's `requestTimeout`.
 *
 * @param notFound the response to a request for an unknown path
 * @param maxBytes the most bytes of bodies that are held at once, from the first byte until the response is sent
 */
export function limitBodies(
  app: FastifyInstance,
  { notFound, maxBytes }: { readonly notFound: (request: FastifyRequest) => Problem; readonly maxBytes: number },
): void {
  let held = 0

  app.addHook('preParsing', async (request, reply, payload) => {
    if (request.is404) {
      notFound(request).send(reply)
      return payload
    }
    if (!hasBody(request)) return payload
    let own = 0
    reply.raw.once('close', () => {
      held -= own
    })
    const counted = new Transform({
      transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback) {
        if (held + chunk.length > maxBytes) return done(busy())
        held += chunk.length
        own += chunk.length
        done(null, chunk)
      },
    })
    // `pipeline` would destroy the request on an error, and with it the connection that the response needs.
    payload.once('error', (error) => counted.destroy(error))
    payload.once('close', () => counted.end())
    return payload.pipe(counted)
  })
}

/** RFC 9112, section 6.3: these header fields announce a body. */
export function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function busy(): Problem {
  const message = 'The service is receiving as much data as it can hold. Send the request again later.'
  return new Problem(503, 'BUSY', message, { 'retry-after': '5' })
}
