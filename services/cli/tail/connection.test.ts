import { afterEach, expect, it, vi } from 'vitest'
import { ConnectionLostError, openTail } from './connection.js'

afterEach(() => {
  vi.unstubAllGlobals()
})

function answering(answer: () => Promise<Response>) {
  const fetched = vi.fn<typeof fetch>(answer)
  vi.stubGlobal('fetch', fetched)
  return fetched
}

function open(lastEventId?: string) {
  const { signal } = new AbortController()
  return openTail({ address: 'http://127.0.0.1:1/tail', token: 't', lastEventId, signal })
}

async function eventsOf(body: ReadableStream) {
  answering(async () => new Response(body))
  const found = []
  for await (const event of (await open()).events) found.push(event)
  return found
}

it('sends the token and the last event id', async () => {
  const fetched = answering(async () => new Response(''))
  await open()
  await open('abc')
  const headers = { accept: 'text/event-stream', authorization: 'Bearer t' }
  expect(fetched.mock.calls.map(([, init]) => init?.headers)).toEqual([headers, { ...headers, 'last-event-id': 'abc' }])
})

it('reads events wherever chunks end, even within a character', async () => {
  const bytes = new TextEncoder().encode('retry: 1\n\n: x\n\nid: 1\ndata: "ö\u2028"\n\nid: 2\nevent: end\ndata: {}\n\n')
  const pieces = Array.from(bytes, (byte) => Uint8Array.of(byte))
  expect(await eventsOf(ReadableStream.from(pieces))).toEqual([
    { id: '1', event: undefined, data: '"ö\u2028"' },
    { id: '2', event: 'end', data: '{}' },
  ])
})

it('fails on an event that never ends', async () => {
  async function* endless() {
    for (;;) yield new TextEncoder().encode('x'.repeat(1_000_000))
  }
  await expect(eventsOf(ReadableStream.from(endless()))).rejects.toBeInstanceOf(ConnectionLostError)
})

it.each([
  [400, '{"detail":"usr: is not a parameter."}', { code: 'TAIL_REFUSED', message: 'usr: is not a parameter.' }],
  [429, '{"detail":"You have ten open."}', { code: 'TAIL_REFUSED', message: 'You have ten open.' }],
  [404, '<html>', { code: 'TAIL_REFUSED', message: 'The service answered 404.' }],
  [503, '{"detail":"Try again."}', { code: 'CONNECTION_LOST', message: 'Try again.' }],
  [502, '', { code: 'CONNECTION_LOST', message: 'The service answered 502.' }],
])('maps %i %s to an error', async (status, body, expected) => {
  answering(async () => new Response(body, { status }))
  await expect(open()).rejects.toMatchObject(expected)
})

it('reports why a connection broke', async () => {
  answering(async () => {
    throw new TypeError('fetch failed', { cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }) })
  })
  await expect(open()).rejects.toMatchObject({ code: 'CONNECTION_LOST', message: 'ECONNREFUSED' })
})
