import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import type { FastifyInstance } from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import { createApp, type HttpLimits, proxyConfig } from './http.js'
import { silentTelemetry } from './telemetry.js'

const LIMITS: HttpLimits = {
  headersTimeoutMs: 1_000,
  requestTimeoutMs: 1_000,
  stallMs: 1_000,
  maxBodyBytes: 1_000_000,
}
const apps: FastifyInstance[] = []
const sockets: Socket[] = []

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  for (const app of apps.splice(0)) await app.close()
})

/** An app with a route that reads a body and one with a large response. */
async function listen(limits: Partial<HttpLimits> = {}, description: { answersHalfClosed?: boolean } = {}) {
  const app = createApp({
    telemetry: silentTelemetry(),
    openapi: {},
    ready: () => undefined,
    limits: { ...LIMITS, ...limits },
    ...description,
  })
  const bodies: string[] = []
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
  app.post('/body', async (request) => {
    bodies.push(String(request.body))
    return { length: String(request.body).length }
  })
  app.post('/slow', async () => {
    await once(app.server, 'sender closed')
    return 'stored'
  })
  app.post('/signed', { config: { signsBody: true } }, () => 'read')
  const large = Buffer.alloc(64 * 1024 * 1024)
  const responses: string[] = []
  app.get('/large', (_request, reply) => {
    reply.raw.socket?.once('close', () => responses.push('closed'))
    return reply.send(large)
  })
  app.get('/patient', { config: { stallMs: 60_000 } }, (_request, reply) => reply.send(large))
  apps.push(app)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as { port: number }
  const open = (head: string, localAddress = '127.0.0.1'): Socket => {
    const socket = connect({ port, host: '127.0.0.1', localAddress })
    sockets.push(socket)
    socket.on('error', () => undefined)
    socket.write(head)
    return socket
  }
  return { app, open, bodies, responses }
}

const post = (path: string, length: number) =>
  `POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-type: text/plain\r\ncontent-length: ${length}\r\n\r\n`

describe('a request that is too slow', () => {
  it('is answered 408 when its body does not arrive', async () => {
    const { open, bodies } = await listen()
    const began = Date.now()
    const answer = await text(open(`${post('/body', 100)}only a part`))
    expect(answer).toMatch(/^HTTP\/1\.1 408 /)
    expect(answer).toContain('"error_code":"REQUEST_TIMEOUT"')
    expect(Date.now() - began).toBeLessThan(4_000)
    expect(bodies).toEqual([])
  })

  it('is answered 408 when its head does not arrive', async () => {
    const { open } = await listen()
    expect(await text(open('GET /healthz HTTP/1.1\r\nhost:'))).toMatch(/^HTTP\/1\.1 408 /)
  })

  it('gets no second status when the response has already begun', async () => {
    const { open } = await listen({ stallMs: 60_000 })
    const socket = open('GET /large HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n')
    socket.pause()
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    const answer = await text(socket)
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
    expect(answer).not.toContain('408')
  })
})

describe('a body', () => {
  it('is not read for an unknown path', async () => {
    const { open } = await listen({ requestTimeoutMs: 60_000, headersTimeoutMs: 60_000 })
    const began = Date.now()
    const answer = await text(open(post('/nothing', 100)))
    expect(answer).toMatch(/^HTTP\/1\.1 404 /)
    expect(answer.toLowerCase()).toContain('connection: close')
    expect(Date.now() - began).toBeLessThan(1_000)
  })

  it('is held only while all bodies together have room', async () => {
    const { open } = await listen({ requestTimeoutMs: 60_000, headersTimeoutMs: 60_000 })
    const slow = Array.from({ length: 5 }, () => open(`${post('/body', 300_000)}${'x'.repeat(250_000)}`))
    const answers = slow.map((socket) => text(socket))
    const refused = await Promise.race(answers)
    expect(refused).toMatch(/^HTTP\/1\.1 503 /)
    expect(refused).toContain('"error_code":"BUSY"')
    for (const socket of slow) socket.destroy()
    await Promise.allSettled(answers)
    await expect
      .poll(async () => {
        const socket = open(
          `${post('/body', 900_000).replace('host: a', 'host: a\r\nconnection: close')}${'x'.repeat(900_000)}`,
        )
        return text(socket)
      })
      .toContain('{"length":900000}')
  })

  it('of unknown senders at one address leaves room for those at others, and for known senders', async () => {
    const { open } = await listen({ requestTimeoutMs: 60_000, headersTimeoutMs: 60_000 })
    const slow = Array.from({ length: 5 }, () => open(`${post('/signed', 300_000)}${'x'.repeat(249_900)}`))
    const answers = slow.map((socket) => text(socket))
    expect(await Promise.race(answers)).toContain('"error_code":"BUSY"')
    const whole = (path: string, length: number, address?: string) =>
      text(
        open(`${post(path, length).replace('host: a', 'host: a\r\nconnection: close')}${'x'.repeat(length)}`, address),
      )
    expect(await whole('/signed', 200_000, '127.0.0.2')).toMatch(/^HTTP\/1\.1 200 /)
    expect(await whole('/body', 500_000)).toContain('{"length":500000}')
    for (const socket of slow) socket.destroy()
    await Promise.allSettled(answers)
  })

  it('that is refused for its length, while there is no room for it, ends in one response', async () => {
    const { open } = await listen({ maxBodyBytes: 50_000 })
    const answer = await text(open(`${post('/body', 2_000_000)}${'x'.repeat(300_000)}`))
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1)
  })

  it('with fewer bytes than the limit arrives unchanged', async () => {
    const { app, bodies } = await listen()
    for (const payload of ['a', 'ä'.repeat(100_000)]) {
      await app.inject({ method: 'POST', url: '/body', payload, headers: { 'content-type': 'text/plain' } })
    }
    expect(bodies).toEqual(['a', 'ä'.repeat(100_000)])
  })
})

describe('a response that is not read', () => {
  it('closes the connection, also when the caller goes on sending', async () => {
    const { open, responses } = await listen()
    const socket = open('GET /large HTTP/1.1\r\nhost: a\r\n\r\n')
    socket.pause()
    // A second request that never ends. Each byte of it is activity on the connection.
    const next = `GET /healthz HTTP/1.1\r\nhost: ${'a'.repeat(1_000)}`.split('').values()
    const sending = setInterval(() => socket.write(next.next().value ?? 'a'), 50)
    await expect.poll(() => responses, { timeout: 5_000 }).toEqual(['closed'])
    clearInterval(sending)
  })

  it('has the time that its route allows', async () => {
    const { open } = await listen()
    const socket = open('GET /patient HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
    socket.pause()
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    let received = 0
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length
    })
    socket.resume()
    await once(socket, 'close')
    expect(received).toBeGreaterThan(64 * 1024 * 1024)
  })
})

describe('a request that the framework rejects has a code of ours', () => {
  it.each([
    [413, 'BODY_TOO_LARGE', { 'content-type': 'text/plain' }, 'x'.repeat(2_000_000)],
    [415, 'UNSUPPORTED_MEDIA_TYPE', { 'content-type': 'application/x-unknown' }, 'x'],
    [400, 'BAD_REQUEST', { 'content-type': 'application/json' }, '{'],
  ] as const)('%i %s', async (status, code, headers, payload) => {
    const app = createApp({ telemetry: silentTelemetry(), openapi: {}, ready: () => undefined })
    app.post('/json', () => 'read')
    const answer = await app.inject({ method: 'POST', url: '/json', headers, payload })
    expect(answer.json()).toMatchObject({ status, error_code: code })
  })

  it('417 EXPECTATION_FAILED', async () => {
    const { open } = await listen()
    const answer = await text(open('GET /healthz HTTP/1.1\r\nhost: a\r\nexpect: a-miracle\r\n\r\n'))
    expect(answer).toMatch(/^HTTP\/1\.1 417 /)
    expect(answer).toContain('content-type: application/problem+json')
    expect(answer).toContain('"error_code":"EXPECTATION_FAILED"')
  })
})

describe('the address of a caller', () => {
  const seen = async (trustProxy: readonly string[] | undefined, remoteAddress: string) => {
    const app = createApp({ telemetry: silentTelemetry(), openapi: {}, ready: () => undefined, trustProxy })
    app.get('/ip', (request) => request.ip)
    const headers = { 'x-forwarded-for': '203.0.113.9, 192.0.2.7, 10.0.0.5' }
    return (await app.inject({ url: '/ip', headers, remoteAddress })).body
  }

  it('is the one of the connection, unless a proxy is trusted', async () => {
    expect(await seen(undefined, '10.0.0.4')).toBe('10.0.0.4')
    expect(await seen(['10.0.0.0/8'], '198.51.100.1')).toBe('198.51.100.1')
  })

  it('is the last in X-Forwarded-For that is no trusted proxy', async () => {
    expect(await seen(['10.0.0.0/8'], '10.0.0.4')).toBe('192.0.2.7')
    expect(await seen(['10.0.0.4', '10.0.0.5', '192.0.2.0/24'], '10.0.0.4')).toBe('203.0.113.9')
  })

  it.each(['*', 'true', '10.0.0.0/0', '10.0.0.0/33', 'proxy.example', '10.0.0.1/8/9', '::/129'])(
    'a configuration that trusts %s is rejected',
    (text) => {
      expect(proxyConfig.TRUST_PROXY.safeParse(text).success).toBe(false)
    },
  )

  it('proxies are addresses and networks', () => {
    expect(proxyConfig.TRUST_PROXY.parse('10.0.0.1, 10.1.0.0/16,fd00::/8')).toEqual([
      '10.0.0.1',
      '10.1.0.0/16',
      'fd00::/8',
    ])
  })
})

describe('a client that closes its own side', () => {
  async function halfClosed(request: string, answersHalfClosed: boolean): Promise<string> {
    const { app, open } = await listen({}, { answersHalfClosed })
    app.server.on('request', ({ socket }) => {
      socket.once('end', () => setImmediate(() => app.server.emit('sender closed')))
    })
    const socket = open(request)
    socket.end()
    return text(socket)
  }

  it('gets its answer where the work is done without it', async () => {
    expect(await halfClosed(`${post('/slow', 1)}x`, true)).toMatch(/^HTTP\/1\.1 200 [\s\S]*stored$/)
  })

  it('has gone, elsewhere', async () => {
    expect(await halfClosed(`${post('/slow', 1)}x`, false)).toBe('')
  })

  it('gets 400 if its request is not complete', async () => {
    expect(await halfClosed(`${post('/body', 10)}x`, true)).toMatch(/^HTTP\/1\.1 400 /)
  })
})
