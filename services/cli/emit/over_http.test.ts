import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { authAudits } from '../../../schemas/streams/index.js'
import {
  type DoorOptions as FixtureOptions,
  KEYS,
  openDoor as openCollector,
} from '../../../test/fixtures/collector/door.js'
import { inMemoryEmitter, QueueFullError } from '../../emitter/index.js'
import { Problem } from '../../runtime/problem.js'
import type { Line } from '../lines.js'
import { openDoor } from './door.js'
import { emitOverHttp } from './over_http.js'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function* linesOf(...texts: readonly string[]): AsyncGenerator<Line> {
  for (const [index, text] of texts.entries()) yield { number: index + 1, text }
}

/** A collector that listens, and a command's run against it. */
async function collector(options: FixtureOptions = {}) {
  const fixture = openCollector(options)
  const url = await fixture.app.listen({ host: '127.0.0.1', port: 0 })
  closing.push(() => fixture.app.close())
  const rejected: string[] = []
  const waits: string[] = []
  const pauses: number[] = []
  const emit = (lines: AsyncIterable<Line>, credential = KEYS.operator, giveUpMs = 10_000) =>
    emitOverHttp(
      lines,
      authAudits,
      { url: new URL(`${url}/v1/auth_audits`), credential },
      {
        onRejected: (line, reason) => rejected.push(`${line}: ${reason}`),
        onWait: (reason, seconds) => {
          waits.push(reason)
          pauses.push(seconds)
        },
        firstPauseMs: 1,
        giveUpMs,
      },
    )
  return { ...fixture, emit, rejected, waits, pauses }
}

/** An emitter that is full for the first `failures` records. */
function fullFor(failures: number) {
  const emitter = inMemoryEmitter()
  const tried: string[] = []
  return {
    ...emitter,
    tried,
    publish: async (record: { event_id?: string }) => {
      if (tried.push(record.event_id ?? '') <= failures) throw new QueueFullError()
      return emitter.publish(record)
    },
  }
}

test('good lines are stored, and each bad one is reported by its number', async () => {
  const { emit, rejected, signIns } = await collector()
  const counts = await emit(linesOf('{"user_id":"ada"}', '', 'nonsense', '{"shoe_size":"43"}', '{"user_id":"bob"}'))
  expect(counts).toEqual({ accepted: 2, rejected: 2 })
  expect(signIns.records.map(({ fields }) => fields.user_id)).toEqual(['ada', 'bob'])
  expect(rejected.toSorted()).toEqual(['3: is not a JSON object', '4: shoe_size is not a field of auth_audits'])
})

test('a large input is sent in batches, in order', async () => {
  const { emit, signIns } = await collector()
  const texts = Array.from({ length: 2_500 }, (_, index) => `{"user_id":"${index}"}`)
  expect(await emit(linesOf(...texts))).toEqual({ accepted: 2_500, rejected: 0 })
  expect(signIns.records.map(({ fields }) => fields.user_id)).toEqual(texts.map((_, index) => String(index)))
})

test('while Kafka is away the same records are sent again', async () => {
  const emitter = fullFor(2)
  const { emit, waits } = await collector({ emitter })
  // The collector says to wait for five seconds, which is too long for a test.
  vi.spyOn(Headers.prototype, 'get').mockImplementation((name) => (name === 'retry-after' ? '0' : null))
  expect(await emit(linesOf('{"user_id":"ada"}'))).toEqual({ accepted: 1, rejected: 0 })
  vi.restoreAllMocks()
  expect(emitter.tried).toHaveLength(3)
  expect(new Set(emitter.tried).size).toBe(1)
  expect(waits).toHaveLength(2)
  expect(waits[0]).toContain('QUEUE_FULL')
})

test('a sender that is too fast waits as long as it has to', async () => {
  let calls = 0
  const { emit, waits, pauses } = await collector({
    limitRate: () => {
      if (++calls === 1) throw new Problem(429, 'RATE_LIMITED', 'Too often.', { 'retry-after': '1' })
    },
  })
  expect(await emit(linesOf('{}'))).toEqual({ accepted: 1, rejected: 0 })
  expect(pauses[0]).toBeGreaterThanOrEqual(1)
  expect(waits).toEqual(['Too often. (RATE_LIMITED)'])
})

test('when it gives up, it says what is stored and where to continue', async () => {
  const emitter = fullFor(Number.POSITIVE_INFINITY)
  const { emit } = await collector({ emitter })
  await expect(emit(linesOf('', '{}', '{}'), KEYS.operator, 0)).rejects.toMatchObject({
    code: 'SERVICE_AWAY',
    message: expect.stringContaining('0 records are stored, perhaps some of lines 2 to 3,'),
  })
})

test('a wrong credential ends it at once', async () => {
  const { emit, waits } = await collector()
  await expect(emit(linesOf('{}'), `gatelog_${'x'.repeat(43)}`)).rejects.toMatchObject({
    code: 'WRITE_REFUSED',
    message: expect.stringContaining('API_KEY_INVALID'),
  })
  expect(waits).toEqual([])
})

test('a record of another organization is reported', async () => {
  const { emit, rejected } = await collector()
  expect(await emit(linesOf('{"org_id":"acme"}', '{"org_id":"globex"}'), KEYS.acme)).toEqual({
    accepted: 1,
    rejected: 1,
  })
  expect(rejected).toEqual(['2: org_id must be an organization of the caller'])
})

describe('the credential', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatelog-emit-'))
  const stack = join(folder, 'stack.json')
  const keyFile = join(folder, 'key')
  const user = { name: 'u', password: 'p' }
  writeFileSync(keyFile, `${KEYS.acme}\n`)
  writeFileSync(
    stack,
    JSON.stringify({
      query: { url: 'http://127.0.0.1:7400' },
      collector: { url: 'http://127.0.0.1:7401', secrets: {}, api_key: KEYS.operator },
      kafka: { brokers: ['127.0.0.1:7420'] },
      clickhouse: {
        url: 'http://127.0.0.1:7410',
        database: 'gatelog',
        users: { migrate: user, ingest: user, query: user, export: user, analyst: user },
      },
      metrics: { ingest: '', query: '', collector: '' },
      issuer: { issuer: 'urn:gatelog:local', audience: 'gatelog', private_key_file: '' },
    }),
  )
  afterAll(() => rmSync(folder, { recursive: true }))

  test('is that of a file, and the path follows the URL', async () => {
    const door = await openDoor({ url: 'https://logs.example/gatelog/', keyFile, stack }, 'audits')
    expect(door).toEqual({ url: new URL('https://logs.example/gatelog/v1/audits'), credential: KEYS.acme })
  })

  test('of the local stack is for the local stack alone', async () => {
    const { credential } = await openDoor({ url: 'http://127.0.0.1:7401', stack }, 'audits')
    expect(credential).toBe(KEYS.operator)
    for (const url of ['https://logs.example', 'http://127.0.0.1:7402']) {
      await expect(openDoor({ url, stack }, 'audits')).rejects.toMatchObject({ code: 'CREDENTIAL_MISSING' })
    }
  })

  test('is asked for only if the URL is one', async () => {
    await expect(openDoor({ url: 'logs.example', stack }, 'audits')).rejects.toMatchObject({ code: 'URL_INVALID' })
  })

  test.each([
    ['a path of its own API', 'https://logs.example/v1/auth_audits', 'https://logs.example;'],
    ['a path behind a proxy', 'https://logs.example/gatelog/v1/', 'https://logs.example/gatelog;'],
    ['a query', 'https://logs.example/?org=1', 'https://logs.example;'],
    ['a fragment', 'https://logs.example/#x', 'https://logs.example;'],
    ['a login', 'https://ada:hunter2@logs.example', 'https://logs.example;'],
  ])('with %s is refused with the address that is meant', async (_, url, meant) => {
    const refused = openDoor({ url, stack }, 'audits')
    await expect(refused).rejects.toMatchObject({ code: 'URL_INVALID', message: expect.stringContaining(meant) })
    await expect(refused).rejects.not.toThrow('hunter2')
  })
})
