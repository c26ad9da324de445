import { createHmac } from 'node:crypto'
import { afterEach, expect, test, vi } from 'vitest'
import { CAPTURED_SECRET, captured } from '../../test/fixtures/keycloak/captured.js'
import {
  audits,
  ClosedError,
  type Emitter,
  events,
  InvalidRecordError,
  inMemoryEmitter,
  QueueFullError,
  RecordRejectedError,
} from '../emitter/index.js'
import { silentTelemetry } from '../runtime/telemetry.js'
import { createCollector } from './app.js'
import { openSources } from './sources/config.js'
import { MAX_WEBHOOK_BYTES } from './webhooks/routes.js'

const refresh = captured('refresh')
const sentAt = JSON.parse(refresh.body).time as number
const url = '/v1/sources/keycloak'

function collector(emitter: Pick<Emitter, 'publish'> = inMemoryEmitter()) {
  const telemetry = silentTelemetry()
  const actions = inMemoryEmitter(audits)
  const whole = inMemoryEmitter(events)
  const app = createCollector({
    telemetry,
    emitters: { signIns: emitter, actions, events: whole },
    setAside: { send: () => Promise.reject(new Error('Keycloak’s events are rejected, not set aside')) },
    sources: openSources({ KEYCLOAK_WEBHOOK_SECRET: CAPTURED_SECRET }),
    ready: () => undefined,
    acknowledgeTimeoutMs: 50,
    now: () => sentAt + 40,
  })
  const send = (payload: string | Buffer, headers: Record<string, string> = signed(payload)) =>
    app.inject({ method: 'POST', url, payload, headers })
  const count = async (metric: string) => {
    const lines = (await app.inject('/metrics')).body.split('\n')
    return lines.find((line) => line.startsWith(`${metric} `))?.slice(metric.length + 1)
  }
  return { app, send, count, actions }
}

function signed(payload: string | Buffer): Record<string, string> {
  const signature = createHmac('sha256', CAPTURED_SECRET).update(payload).digest('hex')
  return { 'content-type': 'application/json', 'x-keycloak-signature': signature }
}

const outcome = (name: string) => `gatelog_collector_webhooks_total{source="keycloak",outcome="${name}"}`

afterEach(() => vi.restoreAllMocks())

test('a webhook is answered when Kafka has acknowledged its record', async () => {
  let acknowledge = (_: { eventId: string }) => {}
  const publish = vi.fn(() => new Promise<{ eventId: string }>((resolve) => (acknowledge = resolve)))
  const { send, count } = collector({ publish })
  const answer = send(refresh.body, refresh.headers)
  let answered = false
  void answer.then(() => (answered = true))
  await vi.waitFor(() => expect(publish).toHaveBeenCalledTimes(1))
  expect(answered).toBe(false)
  acknowledge({ eventId: '' })
  expect((await answer).statusCode).toBe(200)
  expect(await count(outcome('accepted'))).toBe('1')
  expect(await count('gatelog_collector_records_total{source="keycloak"}')).toBe('1')
})

test('a webhook that is sent twice makes the same record twice', async () => {
  const emitter = inMemoryEmitter()
  const { send } = collector(emitter)
  const first = await send(refresh.body, refresh.headers)
  const second = await send(refresh.body, refresh.headers)
  const [record, again] = emitter.records
  expect(record?.fields.stage).toBe('Refresh token')
  expect(record?.time).toBe(sentAt * 1000)
  expect(again).toEqual(record)
  expect(first.json()).toEqual({ event_ids: [record?.event_id], ignored: [], set_aside: [] })
  expect(second.json()).toEqual(first.json())
})

test('an administrator’s event goes into the stream of actions', async () => {
  const emitter = inMemoryEmitter()
  const { send, count, actions } = collector(emitter)
  const { headers, body } = captured('admin_event')
  const answer = await send(body, headers)
  expect(answer.statusCode).toBe(200)
  expect(answer.json()).toEqual({ event_ids: [actions.records[0]?.event_id], ignored: [], set_aside: [] })
  expect(actions.records[0]?.fields).toMatchObject({ action: 'CREATE', target_id: 'globex-sso' })
  expect(emitter.records).toEqual([])
  expect(await count(outcome('accepted'))).toBe('1')
})

test('other types of events are accepted and counted, and make no record', async () => {
  const emitter = inMemoryEmitter()
  const { send, count } = collector(emitter)
  const answer = await send(JSON.stringify({ ...JSON.parse(refresh.body), type: 'system.MAINTENANCE' }))
  expect(answer.statusCode).toBe(200)
  expect(answer.json()).toEqual({ event_ids: [], ignored: ['system.MAINTENANCE'], set_aside: [] })
  expect(emitter.records).toEqual([])
  expect(await count(outcome('ignored'))).toBe('1')
  expect(await count('gatelog_collector_ignored_events_total{source="keycloak"}')).toBe('1')
})

test.each<[string, string, Record<string, string>]>([
  ['without a signature', refresh.body, { 'content-type': 'application/json' }],
  ['with a wrong signature', refresh.body, { ...refresh.headers, 'x-keycloak-signature': '0'.repeat(64) }],
  ['with another body’s signature', `${refresh.body} `, refresh.headers],
  ['that is not even JSON, without a signature', '{', { 'content-type': 'application/json' }],
  ['of another type, without a signature', 'hello', { 'content-type': 'text/plain' }],
  ['of no type, without a signature', 'hello', {}],
  ['without a body', '', {}],
])('a request %s is refused, and nothing is stored', async (_, body, headers) => {
  const emitter = inMemoryEmitter()
  const { send, count } = collector(emitter)
  const answer = await send(body, headers)
  expect(answer.statusCode).toBe(401)
  expect(answer.headers['content-type']).toMatch('application/problem+json')
  expect(answer.headers['www-authenticate']).toBeDefined()
  expect(answer.json()).toMatchObject({
    status: 401,
    error_code: 'UNAUTHENTICATED',
    detail: expect.stringContaining('X-Keycloak-Signature'),
  })
  expect(emitter.records).toEqual([])
  expect(await count(outcome('unauthenticated'))).toBe('1')
})

test.each<[string, string | Buffer, string]>([
  ['not JSON', '{"type": secret-value', 'it must be JSON in UTF-8'],
  ['not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'it must be JSON in UTF-8'],
  ['not a webhook', '{"typo":"access.LOGIN"}', 'type'],
  ['of an unknown form of time', refresh.body.replace(/"time":\d+/, '"time":"today"'), 'time: must be a whole number'],
  [
    'ten years and a month old',
    refresh.body.replace(/"time":\d+/, `"time":${sentAt - 3_690 * 86_400_000}`),
    '3660 days ago',
  ],
])('a signed body that is %s is refused with what is wrong, and nothing is stored', async (_, body, fault) => {
  const emitter = inMemoryEmitter()
  const { send, count } = collector(emitter)
  const answer = await send(body)
  expect(answer.statusCode).toBe(422)
  expect(answer.json()).toMatchObject({ error_code: 'SHAPE_INVALID', detail: expect.stringContaining(fault) })
  expect(answer.body).not.toContain('secret-value')
  expect(emitter.records).toEqual([])
  expect(await count(outcome('malformed'))).toBe('1')
})

test('a body above the limit is rejected and counted', async () => {
  const { send, count } = collector()
  const answer = await send(Buffer.alloc(MAX_WEBHOOK_BYTES + 1, ' '))
  expect(answer.statusCode).toBe(413)
  expect(answer.headers['content-type']).toMatch('application/problem+json')
  expect(await count(outcome('malformed'))).toBe('1')
})

test('a user name that is too long is truncated, and its record is kept', async () => {
  const emitter = inMemoryEmitter()
  const { send, count } = collector(emitter)
  const event = JSON.parse(captured('direct_unknown_user').body)
  event.details.username = 'x'.repeat(20_000)
  expect((await send(JSON.stringify(event))).statusCode).toBe(200)
  expect(emitter.records[0]?.fields.upstream_user_id).toBe('x'.repeat(8 * 1024))
  expect(await count('gatelog_collector_shortened_fields_total{source="keycloak"}')).toBe('1')
})

test.each<[string, () => Promise<never>, string]>([
  ['does not answer', () => new Promise(() => {}), 'KAFKA_NOT_ACKNOWLEDGED'],
  ['has fallen behind', () => Promise.reject(new QueueFullError()), 'QUEUE_FULL'],
  ['is being let go of', () => Promise.reject(new ClosedError()), 'EMITTER_CLOSED'],
])('when Kafka %s, the sender is asked to try again', async (_, publish, code) => {
  const { send, count } = collector({ publish })
  const answer = await send(refresh.body)
  expect(answer.statusCode).toBe(503)
  expect(answer.headers['retry-after']).toBe('5')
  expect(answer.json()).toMatchObject({ error_code: code })
  expect(await count(outcome('unavailable'))).toBe('1')
})

test('a record that the emitter rejects is answered with its faults', async () => {
  const invalid = new InvalidRecordError([{ field: 'event', message: 'must be text' }])
  const { send } = collector({ publish: () => Promise.reject(invalid) })
  const answer = await send(refresh.body)
  expect(answer.statusCode).toBe(422)
  expect(answer.json()).toMatchObject({ error_code: 'RECORD_INVALID', detail: expect.stringContaining('event') })
})

test('a record that Kafka refuses for good is answered with its error', async () => {
  const { send, count } = collector({ publish: () => Promise.reject(new RecordRejectedError('MESSAGE_TOO_LARGE')) })
  const answer = await send(refresh.body)
  expect(answer.statusCode).toBe(422)
  expect(answer.json()).toMatchObject({
    error_code: 'RECORD_REJECTED',
    detail: 'Kafka refuses the record (MESSAGE_TOO_LARGE).',
  })
  expect(await count(outcome('malformed'))).toBe('1')
})

test('an unexpected error is answered without details', async () => {
  const { send, count } = collector({ publish: () => Promise.reject(new Error('password=hunter2')) })
  const answer = await send(refresh.body)
  expect(answer.statusCode).toBe(500)
  expect(answer.body).not.toContain('hunter2')
  expect(await count(outcome('failed'))).toBe('1')
})

test('another method is refused', async () => {
  const { app } = collector()
  const answer = await app.inject({ method: 'PUT', url })
  expect(answer.statusCode).toBe(405)
  expect(answer.headers.allow).toBe('POST')
  expect(answer.json()).toMatchObject({ error_code: 'METHOD_NOT_ALLOWED' })
})

test('the document describes each source', async () => {
  const { app } = collector()
  const { paths } = (await app.inject('/openapi.json')).json()
  expect(Object.keys(paths)).toEqual([url, '/healthz', '/readyz', '/metrics', '/openapi.json'])
  const { post } = paths[url]
  expect(Object.keys(post.responses)).toEqual(['200', '401', '413', '422', '503'])
  expect(post.parameters[0].name).toBe('X-Keycloak-Signature')
  expect(Object.keys(post.requestBody.content['application/json'].schema.properties)).toEqual(['type', 'operationType'])
})
