import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'

/** The size of a chunk, in characters. A caller that reads slowly must still read one before its response stalls. */
const CHUNK_LENGTH = 64 * 1024

/**
 * Sends an object as JSON. A large one is serialized in chunks as its caller reads it: its text is never in memory as a
 * whole, and serializing it does not block other requests.
 */
export function sendJson(reply: FastifyReply, answer: object): FastifyReply {
  const chunks = jsonChunks(answer)
  const first = chunks.next()
  const second = chunks.next()
  reply.type('application/json; charset=utf-8')
  if (first.done || second.done) return reply.send(first.value ?? '')
  const all = joined([first.value, second.value], chunks)
  return reply.send(Readable.from(all, { objectMode: false, highWaterMark: CHUNK_LENGTH }))
}

function* joined(begin: readonly string[], rest: Iterable<string>): Generator<string> {
  yield* begin
  yield* rest
}

/** The same text as from `JSON.stringify`, in pieces. The elements of arrays are serialized one by one. */
export function* jsonChunks(answer: object): Generator<string> {
  let text = '{'
  let separator = ''
  for (const [name, value] of Object.entries(answer)) {
    if (value === undefined) continue
    text += `${separator}${JSON.stringify(name)}:`
    separator = ','
    if (!Array.isArray(value)) {
      text += JSON.stringify(value)
      continue
    }
    text += '['
    for (const [index, element] of value.entries()) {
      text += `${index === 0 ? '' : ','}${JSON.stringify(element)}`
      if (text.length < CHUNK_LENGTH) continue
      yield text
      text = ''
    }
    text += ']'
  }
  yield `${text}}`
}
