import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'

/** The size of a chunk, in characters. A caller that reads slowly must still read one before its response stalls. */
const CHUNK_LENGTH = 64 * 1024

/**
 * Sends an object as JSON. A large one is serialized in chunks as its caller reads it: its text is never in memory as a
 * whole, and serializing it does not block other requests.
 */
export function sendJson(reply: FastifyReply, answer: object): FastifyReply {
  return sendChunks(reply, jsonChunks(answer))
}

/** The same for an array. */
export function sendJsonArray(reply: FastifyReply, answer: readonly object[]): FastifyReply {
  return sendChunks(reply, arrayChunks(answer))
}

function sendChunks(reply: FastifyReply, chunks: Generator<string, unknown>): FastifyReply {
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
    text = yield* elements(text, value)
  }
  yield `${text}}`
}

function* arrayChunks(answer: readonly object[]): Generator<string> {
  yield yield* elements('', answer)
}

/** Adds an array to the text of a chunk: yields the chunks that are full, and returns the rest. */
function* elements(begun: string, array: readonly unknown[]): Generator<string, string> {
  let text = `${begun}[`
  for (const [index, element] of array.entries()) {
    text += `${index === 0 ? '' : ','}${JSON.stringify(element)}`
    if (text.length < CHUNK_LENGTH) continue
    yield text
    text = ''
  }
  return `${text}]`
}
