import { type Readable, Transform, type TransformCallback } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from '../problem.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * Whether the sender of a body is known only when all of it has arrived, because it signs the body. Such bodies
     * have a part of the memory for bodies, and those of one address a part of that. So nobody without a secret can
     * keep out the others.
     */
    readonly signsBody?: boolean
  }
}

/** The parts of the memory that bodies of unknown senders have, together and for one address. */
const SIGNED_PART = 1 / 2
const ADDRESS_PART = 1 / 4

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
  const budgets = new Budgets()

  app.addHook('preParsing', async (request, reply, payload) => {
    if (request.is404) {
      notFound(request).send(reply)
      return payload
    }
    if (!hasBody(request)) return payload
    const counted = [
      { name: 'all', max: maxBytes },
      ...(request.routeOptions.config.signsBody === true
        ? [
            { name: 'signed', max: maxBytes * SIGNED_PART },
            { name: `address ${request.ip}`, max: maxBytes * ADDRESS_PART },
          ]
        : []),
    ]
    let own = 0
    reply.raw.once('close', () => budgets.give(counted, own))
    return meter(payload, (bytes) => {
      if (!budgets.take(counted, bytes)) return busy()
      own += bytes
      return undefined
    })
  })
}

interface Budget {
  readonly name: string
  readonly max: number
}

/** How many bytes are held of each budget. */
class Budgets {
  readonly #held = new Map<string, number>()

  /** Takes the bytes from all of the budgets, or from none. Returns whether there were enough. */
  take(budgets: readonly Budget[], bytes: number): boolean {
    if (budgets.some(({ name, max }) => (this.#held.get(name) ?? 0) + bytes > max)) return false
    this.give(budgets, -bytes)
    return true
  }

  give(budgets: readonly Budget[], bytes: number): void {
    for (const { name } of budgets) {
      const held = (this.#held.get(name) ?? 0) - bytes
      if (held === 0) this.#held.delete(name)
      else this.#held.set(name, held)
    }
  }
}

/**
 * A body that counts its bytes as they arrive.
 *
 * @param take called with the size of each chunk; returns the error that ends the body, if it may not go on
 */
export function meter(body: Readable, take: (bytes: number) => Error | undefined): Readable {
  const counted = new Transform({
    transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback) {
      const error = take(chunk.length)
      if (error === undefined) done(null, chunk)
      else done(error)
    },
  })
  // `pipeline` would destroy the request on an error, and with it the connection that the response needs.
  // Nobody listens for an error of a body whose request is refused for another reason meanwhile.
  counted.on('error', () => undefined)
  body.once('error', (error) => counted.destroy(error))
  body.once('close', () => counted.end())
  return body.pipe(counted)
}

/** RFC 9112, section 6.3: these header fields announce a body. */
export function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function busy(): Problem {
  const message = 'The service is receiving as much data as it can hold. Send the request again later.'
  return new Problem(503, 'BUSY', message, { 'retry-after': '5' })
}
