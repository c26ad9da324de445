import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp } from '../http.js'
import { silentTelemetry } from '../telemetry.js'

/** Larger than what the systems on both sides hold for a connection. */
const LARGE = 16 * 1024 * 1024

let app: FastifyInstance
let reads = 0

beforeAll(async () => {
  app = createApp({ telemetry: silentTelemetry(), openapi: {}, ready: () => undefined })
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.post('/body', async (request) => {
    reads++
    return { length: (request.body as Buffer).length }
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
})

afterAll(() => app.close())

function open(): Socket {
  const socket = connect((app.server.address() as { port: number }).port, '127.0.0.1')
  socket.pause()
  return socket
}

/** Sends all of a request, and only then begins to read. */
async function sendThenRead(head: string, body: Iterable<string | Buffer>): Promise<string> {
  const socket = open()
  socket.write(head)
  for (const chunk of body) if (!socket.write(chunk)) await once(socket, 'drain')
  return text(socket)
}

function* zeros(length: number, wrap: (chunk: Buffer) => Buffer = (chunk) => chunk): Generator<Buffer> {
  const chunk = Buffer.alloc(64 * 1024)
  for (let sent = 0; sent < length; sent += chunk.length) yield wrap(chunk)
}

const chunked = (chunk: Buffer) =>
  Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')])

describe('a sender that reads after it has sent all sees', () => {
  it('413 for a body that is too large, with its length', async () => {
    const head = `POST /body HTTP/1.1\r\nhost: a\r\ncontent-type: a/b\r\ncontent-length: ${LARGE}\r\n\r\n`
    const answer = await sendThenRead(head, zeros(LARGE))
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
    expect(answer).toContain('"error_code":"BODY_TOO_LARGE"')
    expect(answer.toLowerCase()).toContain('connection: close')
  })

  it('413 for a body that is too large, without its length', async () => {
    const head = 'POST /body HTTP/1.1\r\nhost: a\r\ncontent-type: a/b\r\ntransfer-encoding: chunked\r\n\r\n'
    expect(await sendThenRead(head, zeros(LARGE, chunked))).toMatch(/^HTTP\/1\.1 413 /)
  })

  it('404 for an unknown path', async () => {
    const head = `POST /nothing HTTP/1.1\r\nhost: a\r\ncontent-type: a/b\r\ncontent-length: ${LARGE}\r\n\r\n`
    expect(await sendThenRead(head, zeros(LARGE))).toMatch(/^HTTP\/1\.1 404 /)
  })

  it('431 for a head that is too large', async () => {
    const answer = await sendThenRead(
      'GET /body HTTP/1.1\r\nhost: a\r\nx: ',
      zeros(LARGE, (chunk) => chunk.fill('x')),
    )
    expect(answer).toMatch(/^HTTP\/1\.1 431 /)
    expect(answer).toContain('"error_code":"HEADER_TOO_LARGE"')
  })
})

it('what follows an early response is no further request', async () => {
  const before = reads
  const next = 'POST /body HTTP/1.1\r\nhost: a\r\ncontent-type: a/b\r\ncontent-length: 1\r\n\r\nx'
  const head = `POST /nothing HTTP/1.1\r\nhost: a\r\ncontent-type: a/b\r\ncontent-length: ${LARGE}\r\n\r\n`
  const answer = await sendThenRead(head, [...zeros(LARGE), next])
  expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1)
  expect(reads).toBe(before)
})

it('a sender without end is cut off', async () => {
  const head = `POST /nothing HTTP/1.1\r\nhost: a\r\ncontent-length: ${64 * LARGE}\r\n\r\n`
  await expect(sendThenRead(head, zeros(64 * LARGE))).rejects.toMatchObject({
    code: expect.stringMatching(/^(EPIPE|ECONNRESET)$/),
  })
})

describe('a request that no route sees', () => {
  const exchange = (request: string): Promise<string> => {
    const socket = open()
    socket.write(request)
    return text(socket)
  }

  it('without Host gets a problem', async () => {
    const answer = await exchange('GET /healthz HTTP/1.1\r\nconnection: close\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect(answer).toContain('content-type: application/problem+json')
    expect(answer).toContain('The request has no header Host')
    expect(await exchange('GET /healthz HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /)
  })

  it('to open a tunnel gets a problem', async () => {
    const answer = await exchange('CONNECT example.com:443 HTTP/1.1\r\nhost: example.com\r\n\r\nmore')
    expect(answer).toMatch(/^HTTP\/1\.1 405 /)
    expect(answer).toContain('allow: GET, HEAD, POST\r\n')
    expect(answer).toContain('"error_code":"METHOD_NOT_ALLOWED"')
  })

  it('to change the protocol is answered in this one', async () => {
    const upgrade = 'connection: close, upgrade\r\nupgrade: websocket\r\nsec-websocket-key: a\r\n'
    expect(await exchange(`GET /healthz HTTP/1.1\r\nhost: a\r\n${upgrade}\r\n`)).toMatch(/^HTTP\/1\.1 200 /)
  })
})
