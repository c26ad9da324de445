import { describe, expect, test } from 'vitest'
import { audits, events, inMemoryEmitter } from '../emitter/index.js'
import { silentTelemetry } from '../runtime/telemetry.js'
import { createCollector } from './app.js'
import { openSources } from './sources/config.js'
import { kafkaSetAside } from './webhooks/set_aside.js'

const SECRET = 'made-up-webhook-secret'

/** A collector whose dead letters go to a producer that counts batches and their largest. */
function collector() {
  const batches: number[] = []
  const producer = {
    send: async ({ messages }: { messages: readonly { value: Buffer | string | null }[] }) => {
      batches.push(messages.reduce((sum, { value }) => sum + Buffer.byteLength(value ?? ''), 0))
      return []
    },
  }
  const signIns = inMemoryEmitter()
  const app = createCollector({
    telemetry: silentTelemetry(),
    emitters: { signIns, actions: inMemoryEmitter(audits), events: inMemoryEmitter(events) },
    setAside: kafkaSetAside(producer, 'auth_audits', Date.now),
    sources: openSources({
      SOURCES: ['okta', 'auth0', 'authentik'].map((kind) => ({
        name: kind,
        kind,
        secrets: [SECRET],
        secret_files: [],
      })) as never,
    }),
    ready: () => undefined,
  })
  const send = (kind: string, payload: string) =>
    app.inject({
      method: 'POST',
      url: `/v1/sources/${kind}`,
      headers: { authorization: `Bearer ${SECRET}`, 'content-type': 'application/json' },
      payload,
    })
  return { app, send, batches, signIns }
}

const good = () => ({ log_id: 'good', data: { date: new Date().toISOString(), type: 's', user_name: 'ada' } })

describe.each(['okta', 'auth0'])('%s', (kind) => {
  test('rejects a webhook of more events than a provider sends, before it reads them', async () => {
    const { send, batches } = collector()
    const answer = await send(kind, JSON.stringify(Array.from({ length: 1_900_000 }, () => 1)))
    expect(answer.statusCode).toBe(422)
    expect(answer.body).toContain('10000 events')
    expect(answer.body.length).toBeLessThan(1_000)
    expect(batches).toEqual([])
  })

  test('sets aside many events in batches that Kafka accepts', async () => {
    const { send, batches } = collector()
    const answer = await send(kind, JSON.stringify(Array.from({ length: 9_000 }, (_, index) => index)))
    expect(answer.statusCode).toBe(200)
    expect(answer.json().set_aside).toHaveLength(9_000)
    expect(Math.max(...batches)).toBeLessThan(1_000_000)
  })

  test.each([
    '1969-12-31T23:59:59.999Z',
    '0001-01-01T00:00:00Z',
    '1970-01-01T00:00:00.001+14:00',
    '2026-02-31T00:00:00Z',
  ])('sets aside an event of %s', async (time) => {
    const { send } = collector()
    const event = { uuid: 'u', published: time, eventType: 'user.session.start', log_id: 'l', date: time, type: 's' }
    const answer = await send(kind, JSON.stringify([event]))
    expect(answer.statusCode).toBe(200)
    expect(answer.json().set_aside).toEqual([{ faults: [expect.stringContaining('RFC 3339')] }])
  })

  test('names a few of an event’s faults', async () => {
    const { send } = collector()
    const answer = await send(kind, JSON.stringify([{ target: Array.from({ length: 100_000 }, () => 1) }]))
    expect(answer.statusCode).toBe(200)
    expect(answer.body.length).toBeLessThan(10_000)
  })

  test('answers a wrong secret before it reads the body', async () => {
    const { app } = collector()
    const answer = await app.inject({
      method: 'POST',
      url: `/v1/sources/${kind}`,
      headers: { authorization: 'Bearer another-secret-of-nobody', 'content-length': '4000000' },
    })
    expect(answer.statusCode).toBe(401)
  })
})

test('an event that is too large for Kafka is cut, and the good events beside it are stored', async () => {
  const { send, batches, signIns } = collector()
  const large = { log_id: 'bad', data: { date: 'bad', type: 's', blob: 'x'.repeat(3_000_000) } }
  const answer = await send('auth0', JSON.stringify([good(), large]))
  expect(answer.statusCode).toBe(200)
  expect(signIns.records).toHaveLength(1)
  expect(Math.max(...batches)).toBe(1_024)
})

test('an event of authentik with a time before 1970 is rejected', async () => {
  const { send } = collector()
  const answer = await send('authentik', JSON.stringify({ pk: 'x', action: 'login', created: '1969-01-01T00:00:00Z' }))
  expect(answer.statusCode).toBe(422)
})
