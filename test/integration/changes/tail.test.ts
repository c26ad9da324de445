import { connect, type Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest'
import type { QueryParts } from '../../../services/query/app.js'
import { clickhouseDatabase } from '../../../services/query/clickhouse/database.js'
import { silentTelemetry, type Telemetry } from '../../../services/runtime/telemetry.js'
import { type EventStream, openEventStream, type SentEvent } from '../../fixtures/query/event_stream.js'
import { buildReader, ISSUER, type Reader, type Shown, shown } from '../../fixtures/query/reader.js'
import { type StoredTopic, storedTopic } from '../../fixtures/records/stored_topic.js'
import { startService } from '../../fixtures/stack/service.js'

const servers = inject('servers')
const TIMING = { pollMs: 50, heartbeatMs: 400, stallMs: 1_500 }

let reader: Reader
let topic: StoredTopic
const streams: EventStream[] = []
const apps: FastifyInstance[] = []

beforeAll(async () => {
  reader = await buildReader(servers)
  topic = storedTopic(reader.client('ingest'))
})

afterEach(async () => {
  for (const stream of streams.splice(0)) stream.leave()
  for (const app of apps.splice(0)) await app.close()
})

afterAll(() => reader.close())

/** A service that listens, and its metrics. */
async function listen(
  parts: Partial<QueryParts> = {},
): Promise<{ url: string; telemetry: Telemetry; app: FastifyInstance }> {
  const telemetry = silentTelemetry()
  const database = clickhouseDatabase(reader.client('query'))
  const app = await reader.appOver(database, undefined, { timing: TIMING, telemetry, ...parts })
  apps.push(app)
  return { url: await app.listen({ host: '127.0.0.1', port: 0 }), telemetry, app }
}

interface Asked {
  readonly query?: string
  readonly organizations?: readonly string[]
  readonly lastEventId?: string
  readonly expiry?: string
}

async function request(url: string, { query = '', organizations, lastEventId, expiry }: Asked = {}) {
  const headers = {
    authorization: await reader.authorization(organizations, expiry),
    ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
  }
  return [`${url}/v1/auth_audits/tail${query}`, { headers }] as const
}

async function tail(url: string, asked?: Asked): Promise<EventStream> {
  const stream = await openEventStream(...(await request(url, asked)))
  streams.push(stream)
  // The first event says where the tail begins: what arrives from now on is in it.
  await stream.first(1)
  return stream
}

/** A tail that is refused. */
async function refusal(url: string, asked?: Asked): Promise<Response> {
  return fetch(...(await request(url, asked)))
}

const isRecord = ({ event, data }: SentEvent): boolean => event === undefined && data !== undefined

async function records(stream: EventStream, count: number): Promise<readonly Shown[]> {
  return (await stream.first(count, isRecord)).map(({ data = '' }) => JSON.parse(data))
}

describe('a tail', () => {
  it('sends new records as they become visible, and no older ones', async () => {
    const { url } = await listen()
    await topic.add(0, [shown({})])
    const stream = await tail(url)
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(stream.response.headers.get('cache-control')).toBe('no-store')
    const [first, second] = [shown({ user_agent: 'a\n\ndata: b\u2028' }), shown({})]
    await topic.add(0, [first])
    expect(await records(stream, 1)).toEqual([first])
    await topic.add(1, [second])
    expect(await records(stream, 2)).toEqual([first, second])
  })

  it('has the filters of a list, and the caller’s organizations', async () => {
    const { url } = await listen()
    const stream = await tail(url, { query: '?event=Failure', organizations: ['mine'] })
    const wanted = shown({ org_id: 'mine', event: 'Failure' })
    await topic.add(0, [
      shown({ org_id: 'mine', event: 'Success' }),
      shown({ org_id: 'others', event: 'Failure' }),
      wanted,
    ])
    expect(await records(stream, 1)).toEqual([wanted])
  })

  it('continues after every id: no record is missing, none comes twice', async () => {
    const { url } = await listen()
    const stream = await tail(url)
    const arrived = Array.from({ length: 12 }, () => shown({}))
    for (const [index, record] of arrived.entries()) await topic.insert(index % 3, [record])
    for (const partition of [0, 1, 2]) await topic.mark(partition)
    const said = await stream.first(arrived.length, isRecord)
    const order = said.map(({ data = '' }) => JSON.parse(data) as Shown)
    expect(new Set(order.map(({ event_id }) => event_id)).size).toBe(arrived.length)
    for (const [index, { id = '' }] of said.entries()) {
      if (index === said.length - 1) continue
      const again = await tail(url, { lastEventId: id })
      const rest = await records(again, said.length - index - 1)
      const ids = (list: readonly Shown[]) => list.map(({ event_id }) => event_id).toSorted()
      expect(ids(rest)).toEqual(ids(order.slice(index + 1)))
      again.leave()
    }
  })

  it('prefers the header to the parameter, and rejects an invalid token', async () => {
    const { url } = await listen()
    const [{ id: early } = {}] = await (await tail(url)).first(1)
    await topic.add(0, [shown({})])
    const [{ id: late } = {}] = await (await tail(url)).first(1)
    const stream = await tail(url, { query: `?after=${early}`, lastEventId: String(late) })
    const next = shown({})
    await topic.add(0, [next])
    expect(await records(stream, 1)).toEqual([next])
    const refused = await refusal(url, { lastEventId: 'nonsense' })
    expect(await refused.json()).toMatchObject({
      status: 400,
      detail: expect.stringMatching(/^Last-Event-ID: the token/),
    })
    expect((await refusal(url, { query: '?limit=5' })).status).toBe(400)
  })

  it('sends heartbeats, and its position when records that do not match have passed', async () => {
    const { url } = await listen()
    const stream = await tail(url, { query: '?event=Never' })
    await expect.poll(() => stream.comments.length, { timeout: 5_000 }).toBeGreaterThanOrEqual(2)
    const passing = shown({ event: 'Other' })
    await topic.add(0, [passing])
    const [, { id = '' } = {}] = await stream.first(2, ({ event }) => event === 'position')
    const after = await tail(url, { lastEventId: id })
    const next = shown({})
    await topic.add(0, [next])
    expect(await records(after, 1)).toEqual([next])
  })
})

describe('a tail ends', () => {
  const last = async (stream: EventStream): Promise<unknown> => {
    await stream.ended
    const { event, data = '{}' } = stream.events.at(-1) ?? {}
    return { event, ...JSON.parse(data) }
  }

  it('when its token expires, and gives the reason', async () => {
    const { url, telemetry } = await listen()
    const stream = await tail(url, { expiry: '2s' })
    expect(await last(stream)).toMatchObject({ event: 'end', reason: 'token_expired' })
    expect(await telemetry.metrics.metrics()).toContain(
      'gatelog_query_tails_ended_total{stream="auth_audits",outcome="token_expired"} 1',
    )
  })

  it('when its caller leaves, and frees everything', async () => {
    const { url, telemetry } = await listen({ waitingLimits: { total: 1, perPrincipal: 1 } })
    const stream = await tail(url)
    const refused = await refusal(url)
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toBe('5')
    expect(await refused.json()).toMatchObject({ error_code: 'TOO_MANY_WAITING' })
    stream.leave()
    await expect
      .poll(() => telemetry.metrics.metrics(), { timeout: 5_000 })
      .toContain('gatelog_query_tails{stream="auth_audits"} 0')
    expect((await tail(url)).response.status).toBe(200)
  })

  it('when its caller does not read, and holds no more than one page', async () => {
    const { url, telemetry } = await listen()
    const { hostname, port } = new URL(url)
    const socket: Socket = connect(Number(port), hostname)
    socket.pause()
    socket.write(
      `GET /v1/auth_audits/tail HTTP/1.1\r\nhost: x\r\nauthorization: ${await reader.authorization()}\r\n\r\n`,
    )
    await expect
      .poll(() => telemetry.metrics.metrics(), { timeout: 5_000 })
      .toContain('gatelog_query_tails{stream="auth_audits"} 1')
    const large = Array.from({ length: 1_000 }, () =>
      shown({ user_agent: 'x'.repeat(8_000), session: 'y'.repeat(8_000) }),
    )
    for (let round = 0; round < 2; round++)
      await topic.add(
        0,
        large.map((record) => ({ ...record, event_id: crypto.randomUUID() })),
      )
    await expect
      .poll(() => telemetry.metrics.metrics(), { timeout: 20_000 })
      .toContain('gatelog_query_tails_ended_total{stream="auth_audits",outcome="stalled"} 1')
    const [, sent] =
      /gatelog_query_tail_records_total\{stream="auth_audits"\} (\d+)/.exec(await telemetry.metrics.metrics()) ?? []
    // Of 32 MB, what the system's own buffers take, and one page.
    expect(Number(sent)).toBeLessThan(1_000)
    socket.destroy()
  })

  it('when the service stops, which also answers waiting polls', async () => {
    const { url, users } = servers.clickhouse
    const service = startService('query', {
      HOST: '127.0.0.1',
      PORT: '0',
      CLICKHOUSE_URL: url,
      CLICKHOUSE_DATABASE: reader.database,
      CLICKHOUSE_USER: users.query.name,
      CLICKHOUSE_PASSWORD: users.query.password,
      AUTH_ISSUER: ISSUER,
      AUTH_PUBLIC_KEY: reader.publicKey,
    })
    const address = String((await service.logged(({ msg }) => msg === 'listening')).url)
    const stream = await tail(address)
    const headers = { authorization: await reader.authorization() }
    const poll = fetch(`${address}/v1/auth_audits/changes?after=now&wait=60s`, { headers })
    await expect
      .poll(async () => (await fetch(`${address}/metrics`)).text(), { timeout: 10_000 })
      .toMatch(/gatelog_query_waiting_polls\{.*\} 1/)
    const began = Date.now()
    expect(await service.stop()).toBe(0)
    expect(Date.now() - began).toBeLessThan(5_000)
    expect(await last(stream)).toMatchObject({ event: 'end', reason: 'shutdown' })
    expect(await (await poll).json()).toMatchObject({ auth_audits: [], more: false })
    expect(service.log.map(({ msg }) => msg)).toContain('tail ended')
  })
})
