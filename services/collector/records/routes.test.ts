import { afterEach, expect, test, vi } from 'vitest'
import { authAudits } from '../../../schemas/streams/index.js'
import { KEYS, openDoor } from '../../../test/fixtures/collector/door.js'
import { ClosedError, QueueFullError, RecordRejectedError } from '../../emitter/index.js'
import { limitRateOf } from '../../runtime/auth/rate_limit.js'
import { Problem } from '../../runtime/problem.js'
import { MAX_RECORDS } from './read_record.js'
import { MAX_BODY_BYTES } from './unpacked_budget.js'

const ID = '01900000-0000-7000-8000-000000000001'
const as = (key: string) => ({ authorization: `Bearer ${key}` })
const good = { event: 'Success', stage: 'Login', org_id: 'acme' }

afterEach(() => vi.restoreAllMocks())

test('a record is answered with its id when Kafka has acknowledged it', async () => {
  let acknowledge = (_: { eventId: string }) => {}
  const publish = vi.fn(() => new Promise<{ eventId: string }>((resolve) => (acknowledge = resolve)))
  const { send, count } = openDoor({ emitter: { publish } })
  const answer = send(JSON.stringify(good))
  let answered = false
  void answer.then(() => (answered = true))
  await vi.waitFor(() => expect(publish).toHaveBeenCalledTimes(1))
  expect(answered).toBe(false)
  acknowledge({ eventId: ID })
  expect((await answer).statusCode).toBe(200)
  expect((await answer).json()).toEqual({ accepted: 1, refused: 0, results: [{ status: 'accepted', event_id: ID }] })
  expect(await count('gatelog_collector_written_records_total{stream="auth_audits",outcome="accepted"}')).toBe('1')
})

test('of several records the good ones are stored, and each bad one has its faults by field', async () => {
  const { send, signIns, count } = openDoor()
  const records = [
    { ...good, event_id: ID },
    { ...good, user_id: 5, colour: 'red' },
    'text',
    { ...good, time: 'today' },
  ]
  const answer = await send(JSON.stringify(records))
  expect(answer.statusCode).toBe(207)
  expect(answer.json()).toEqual({
    accepted: 1,
    refused: 3,
    results: [
      { status: 'accepted', event_id: ID },
      {
        status: 'refused',
        faults: [
          { field: 'user_id', message: 'must be text' },
          { field: 'colour', message: 'is not a field of auth_audits' },
        ],
      },
      { status: 'refused', faults: [{ field: '', message: 'must be an object' }] },
      { status: 'refused', faults: [{ field: 'time', message: expect.stringContaining('RFC 3339') }] },
    ],
  })
  expect(signIns.records.map(({ event_id }) => event_id)).toEqual([ID])
  expect(await count('gatelog_collector_written_records_total{stream="auth_audits",outcome="refused"}')).toBe('3')
})

test('a request without a good record is a problem with the faults of each', async () => {
  const { send, signIns } = openDoor()
  const answer = await send('{"event":7}')
  expect(answer.statusCode).toBe(422)
  expect(answer.headers['content-type']).toMatch('application/problem+json')
  expect(answer.json()).toMatchObject({
    status: 422,
    error_code: 'RECORDS_REFUSED',
    accepted: 0,
    refused: 1,
    results: [{ status: 'refused', faults: [{ field: 'event', message: 'must be text' }] }],
  })
  expect(signIns.records).toEqual([])
})

test('no record at all is none that was refused', async () => {
  const { send } = openDoor()
  const answer = await send('[]')
  expect(answer.statusCode).toBe(200)
  expect(answer.json()).toEqual({ accepted: 0, refused: 0, results: [] })
})

test('a record that Kafka refuses for good is refused, and the others are not', async () => {
  const publish = vi
    .fn<() => Promise<{ eventId: string }>>()
    .mockRejectedValueOnce(new RecordRejectedError('MESSAGE_TOO_LARGE'))
    .mockResolvedValueOnce({ eventId: ID })
  const { send } = openDoor({ emitter: { publish } })
  const answer = await send(JSON.stringify([good, good]))
  expect(answer.statusCode).toBe(207)
  expect(answer.json().results[0].faults).toEqual([{ field: '', message: 'is refused by Kafka (MESSAGE_TOO_LARGE)' }])
})

test.each<[string, () => Promise<never>, string]>([
  ['does not answer', () => new Promise(() => {}), 'KAFKA_NOT_ACKNOWLEDGED'],
  ['has fallen behind', () => Promise.reject(new QueueFullError()), 'QUEUE_FULL'],
  ['is being let go of', () => Promise.reject(new ClosedError()), 'EMITTER_CLOSED'],
])('when Kafka %s, no record is called stored', async (_, publish, code) => {
  const { send, count } = openDoor({ emitter: { publish }, acknowledgeTimeoutMs: 20 })
  const answer = await send(JSON.stringify([good, good]))
  expect(answer.statusCode).toBe(503)
  expect(answer.headers['retry-after']).toBe('5')
  expect(answer.json()).toMatchObject({ error_code: code, detail: expect.stringContaining('event_id') })
  expect(await count(`gatelog_collector_write_rejections_total{stream="auth_audits",code="${code}"}`)).toBe('1')
})

test('an unexpected error is answered without details', async () => {
  const { send } = openDoor({ emitter: { publish: () => Promise.reject(new Error('password=hunter2')) } })
  const answer = await send(JSON.stringify(good))
  expect(answer.statusCode).toBe(500)
  expect(answer.body).not.toContain('hunter2')
})

test.each<[string, Record<string, string>, number, string]>([
  ['without a credential', { authorization: '' }, 401, 'API_KEY_INVALID'],
  ['with an unknown API key', as(`gatelog_${'x'.repeat(43)}`), 401, 'API_KEY_INVALID'],
  ['with a key for another stream', as(KEYS.narrow), 403, 'STREAM_NOT_PERMITTED'],
  ['of an unknown type', { 'content-type': 'text/plain' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
  ['of a type that every object has', { 'content-type': 'constructor' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
  ['in an unknown coding', { 'content-encoding': 'br' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
  ['in two codings', { 'content-encoding': 'gzip, gzip' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
])('a request %s is refused before its body is read', async (_, headers, status, code) => {
  const { send, signIns } = openDoor()
  const answer = await send('not even JSON', headers)
  expect(answer.statusCode).toBe(status)
  expect(answer.json()).toMatchObject({ error_code: code })
  expect(answer.headers['www-authenticate'] === undefined).toBe(status !== 401)
  expect(signIns.records).toEqual([])
})

test('a body or a number of records above the limit is refused', async () => {
  const { send, signIns } = openDoor()
  const large = await send(Buffer.alloc(MAX_BODY_BYTES + 1, ' '))
  expect(large.statusCode).toBe(413)
  expect(large.json().error_code).toBe('BODY_TOO_LARGE')
  const many = await send(`[${'{},'.repeat(MAX_RECORDS)}{}]`)
  expect(many.statusCode).toBe(413)
  expect(many.json().error_code).toBe('TOO_MANY_RECORDS')
  expect(signIns.records).toEqual([])
})

test('the faults of a request have a limit, and each refused record has one', async () => {
  const { send } = openDoor()
  const bad = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`a${index}`, 'x']))
  const answer = await send(JSON.stringify(Array.from({ length: 5_000 }, () => bad)))
  expect(answer.statusCode).toBe(422)
  const { results } = answer.json() as { results: { faults: unknown[] }[] }
  expect(results).toHaveLength(5_000)
  expect(Math.min(...results.map(({ faults }) => faults.length))).toBe(1)
  expect(results.reduce((sum, { faults }) => sum + faults.length, 0)).toBeLessThanOrEqual(6_000)
})

test('a caller that sends too often gets the time to wait', async () => {
  const { send } = openDoor({ limitRate: limitRateOf({ perSecond: 1, burst: 1 }, undefined, 'send more at a time') })
  expect((await send(JSON.stringify(good))).statusCode).toBe(200)
  const answer = await send(JSON.stringify(good))
  expect(answer.statusCode).toBe(429)
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
  expect(answer.json()).toMatchObject({ error_code: 'RATE_LIMITED', detail: expect.stringContaining('send more') })
  expect((await send(JSON.stringify(good), as(KEYS.acme))).statusCode).toBe(200)
})

test('a caller that has too much under way is refused, and others are served', async () => {
  const { send } = openDoor({ emitter: { publish: () => new Promise(() => {}) }, acknowledgeTimeoutMs: 500 })
  const large = JSON.stringify([{ ...good, org_id: 'acme' }, ' '.repeat(MAX_BODY_BYTES - 1_000)])
  const underWay = [send(large, as(KEYS.acme)), send(large, as(KEYS.acme)), send(large, as(KEYS.acme))]
  const answers = await Promise.all([...underWay, send(JSON.stringify(good), as(KEYS.globex))])
  expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([422, 429, 503, 503])
  expect(answers[3]?.statusCode).toBe(422)
  expect(answers.find(({ statusCode }) => statusCode === 429)?.json().error_code).toBe('TOO_MANY_BYTES')
  // What they held is free again.
  expect((await send(large, as(KEYS.acme))).statusCode).toBe(503)
})

test('a token of the issuer needs the scope to write', async () => {
  const scopes = ['audits:read']
  const { send, signIns } = openDoor({
    authenticateToken: async (authorization) => {
      if (authorization !== 'Bearer jwt') throw new Problem(401, 'TOKEN_INVALID', 'no')
      return { subject: 'ada', scopes, organizations: ['acme'] }
    },
  })
  expect((await send(JSON.stringify(good), as('jwt'))).json().error_code).toBe('INSUFFICIENT_SCOPE')
  scopes.push('audits:write')
  expect((await send(JSON.stringify(good), as('jwt'))).statusCode).toBe(200)
  expect((await send(JSON.stringify(good), as('other'))).json().error_code).toBe('TOKEN_INVALID')
  expect(signIns.records).toHaveLength(1)
})

test.each<[string, object, string[]]>([
  ['of its organization', { org_id: 'acme' }, []],
  ['of its organization in the other field', { login_org_id: 'acme' }, []],
  ['of another', { org_id: 'globex' }, ['org_id']],
  ['of its own and another', { org_id: 'acme', login_org_id: 'globex' }, ['login_org_id']],
  ['of two others', { org_id: 'a', login_org_id: 'b' }, ['org_id', 'login_org_id']],
  ['of none', {}, ['']],
  ['of a placeholder', { org_id: 'unknown', login_org_id: null }, ['']],
  ['of a list', { org_id: ['globex'], login_org_id: 'acme' }, ['org_id']],
])('a key of an organization and a record %s', async (_, fields, faulty) => {
  const { send, signIns } = openDoor()
  const answer = await send(JSON.stringify([{ event: 'Success', ...fields }]), as(KEYS.acme))
  expect(answer.statusCode).toBe(faulty.length === 0 ? 200 : 422)
  const [result] = answer.json().results
  expect((result.faults ?? []).map(({ field }: { field: string }) => field)).toEqual(faulty)
  expect(signIns.records).toHaveLength(faulty.length === 0 ? 1 : 0)
})

test('the same event_id makes the same record', async () => {
  const { send, signIns } = openDoor()
  const record = JSON.stringify({ ...good, event_id: ID, time: new Date().toISOString() })
  await send(record)
  await send(record)
  expect(signIns.records).toHaveLength(2)
  expect(signIns.records[1]).toEqual(signIns.records[0])
})

test('the document describes each stream', async () => {
  const { app } = openDoor()
  const { paths, components } = (await app.inject('/openapi.json')).json()
  const { post } = paths['/v1/auth_audits']
  expect(Object.keys(post.responses)).toEqual([200, 207, 400, 401, 403, 408, 413, 415, 422, 429, 503].map(String))
  expect(Object.keys(post.requestBody.content)).toContain('application/x-ndjson')
  expect(Object.keys(components.schemas.AuthAudit.properties)).toEqual([
    'event_id',
    'time',
    ...authAudits.fields.map(({ name }) => name),
  ])
})
