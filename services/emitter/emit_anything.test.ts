import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readReleasedSchemas } from '../../schemas/derive/released.js'
import { audits, authAudits, MAX_AGE_DAYS, type Stream } from '../../schemas/streams/index.js'
import { LATEST_TIME_MICROS } from '../../schemas/streams/time_range.js'
import { rangeOf } from '../../test/fixtures/records/avro_values.js'
import { createTranscoder } from '../ingest/transcode/index.js'
import { createEmitter, type OutgoingMessage } from './index.js'
import type { LoggerPort, MetricsPort, ProducerPort } from './ports.js'

const NOW = Date.UTC(2026, 5, 1, 12)
const DAY_MS = 86_400_000

function fails(): never {
  throw new Error('hostile')
}

const revoked = Proxy.revocable({}, {})
revoked.revoke()
const revokedList = Proxy.revocable([], {})
revokedList.revoke()

const cyclic: Record<string, unknown> = {}
cyclic.self = cyclic

class LyingDate extends Date {
  override getTime(): number {
    return fails()
  }
}

/** Values that break code which trusts its input. Functions, because some are consumed by use. */
const hostileValues: readonly (() => unknown)[] = [
  () => Symbol('s'),
  () => 10n ** 400n,
  () => revoked.proxy,
  () => revokedList.proxy,
  () => new Proxy([], { get: (_, name) => (name === 'length' ? Number.POSITIVE_INFINITY : fails()) }),
  () => new Proxy({}, { ownKeys: fails, get: fails, getPrototypeOf: fails }),
  () => Object.defineProperty([], '0', { get: fails, enumerable: true }),
  () => Object.assign([{}], { [Symbol.iterator]: fails, entries: fails }),
  () => [{ attribute_id: Symbol('s') }, cyclic],
  () => [
    {
      get attribute_id() {
        return fails()
      },
    },
  ],
  () => new Array(2 ** 32 - 1),
  () => cyclic,
  () => fails,
  () => new String('x'),
  () => '\ud800',
  () => `a${'\udfff'.repeat(3_000)}`,
  () => '語'.repeat(2_731),
  () => 'x'.repeat(8 * 1024 + 1),
  () => 'x'.repeat(10 * 1024 * 1024),
  () => new Date(Number.NaN),
  () => new Date(8.64e15),
  () => new Date(-8.64e15),
  () => new LyingDate(NOW),
  () => '2256-01-01T00:00:00Z',
  () => '9999-12-31T23:59:59.999999Z',
  () => '0000-01-01T00:00:00Z',
  () => '1969-12-31T23:59:59.999999Z',
  () => `2026-06-01T00:00:00.${'9'.repeat(100_000)}Z`,
  () => Number.NaN,
  () => -0,
  () => ({ toString: fails, toJSON: fails, valueOf: fails, [Symbol.toPrimitive]: fails }),
]

/** Makes a value. fast-check itself must not touch it. */
type Make = () => unknown

const values: fc.Arbitrary<Make> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...hostileValues) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }).map((text) => () => text) },
  {
    weight: 1,
    arbitrary: fc.array(fc.dictionary(fc.string(), fc.string({ unit: 'binary' }))).map((list) => () => list),
  },
  { weight: 1, arbitrary: fc.anything({ withBigInt: true, withDate: true, withSet: true }).map((any) => () => any) },
)

function recordOf(stream: Stream): fc.Arbitrary<Make> {
  const names = ['event_id', 'time', ...stream.fields.map(({ name }) => name), '__proto__', 'unknown', '\ud800']
  const property = fc.tuple(fc.constantFrom(...names), values, fc.integer({ min: 0, max: 9 }))
  return fc.array(property, { maxLength: 6 }).map((properties) => () => {
    const record = {}
    for (const [name, make, dice] of properties) {
      Object.defineProperty(record, name, { get: dice === 0 ? fails : make, enumerable: true, configurable: true })
    }
    return record
  })
}

function capturing() {
  const sent: OutgoingMessage[] = []
  const producer: ProducerPort = {
    connect: async () => {},
    disconnect: async () => {},
    send: async ({ messages }) => sent.push(...messages),
  }
  return { sent, createProducer: () => producer }
}

/** How many of the messages ingest takes as they are, with the timestamps that Kafka keeps with them. */
function storedByIngest(stream: Stream, messages: readonly OutgoingMessage[]): number {
  const transcoder = createTranscoder({ stream, schemas: readReleasedSchemas(stream), registry: () => null })
  return messages.filter(({ value, timestamp }) => {
    const range = rangeOf([value], { timestamp: Number(timestamp) })
    const origin = { topicId: '0190f3c8-7b1e-7c3a-9d2e-112233445566', partition: 0, ingestedAt: NOW }
    return transcoder.transcode(range, origin).poison.length === 0
  }).length
}

it.each([authAudits, audits])(
  'emit of $name never throws, and ingest stores what it accepts',
  async (stream: Stream) => {
    const { sent, createProducer } = capturing()
    const emitter = createEmitter<Stream>({ stream, createProducer, now: () => NOW })
    let accepted = 0
    let refused = 0
    const anything = fc.oneof(
      { weight: 4, arbitrary: recordOf(stream) },
      { weight: 1, arbitrary: values },
      { weight: 2, arbitrary: fc.record({ user_id: fc.string(), trace_id: fc.string() }).map((any) => () => any) },
    )
    fc.assert(
      fc.property(anything, (make) => {
        const emitted = emitter.emit(make() as never)
        if (emitted.accepted) accepted++
        else {
          refused++
          expect(emitted.reason).toBe('invalid')
          expect(emitted.faults.length).toBeGreaterThan(0)
        }
      }),
      { numRuns: 3_000, seed: 11 },
    )
    await emitter.close()
    expect(sent).toHaveLength(accepted)
    expect(storedByIngest(stream, sent)).toBe(accepted)
    expect(Math.min(accepted, refused)).toBeGreaterThan(100)
  },
  30_000,
)

it('publish of anything rejects with a typed error and never throws', async () => {
  const emitter = createEmitter({ createProducer: capturing().createProducer, now: () => NOW })
  await fc.assert(
    fc.asyncProperty(recordOf(authAudits), async (make) => {
      const outcome = await emitter.publish(make() as never).catch((error) => error)
      expect(outcome.eventId ?? outcome.code).toMatch(/^[0-9a-f-]{36}$|^RECORD_INVALID$/)
    }),
    { numRuns: 200, seed: 12 },
  )
  await emitter.close()
})

it('refuses times by ingest’s rule, to the microsecond', async () => {
  const { sent, createProducer } = capturing()
  const emitter = createEmitter({ createProducer, now: () => NOW })
  const text = (micros: number) =>
    new Date(micros / 1000).toISOString().replace('Z', `${String(micros % 1000).padStart(3, '0')}Z`)
  const [earliest, latest] = [(NOW - MAX_AGE_DAYS * DAY_MS) * 1000, (NOW + DAY_MS) * 1000]
  const faultOf = (micros: number) => {
    const emitted = emitter.emit({ time: text(micros) })
    return emitted.accepted ? undefined : emitted.faults
  }
  expect([faultOf(earliest), faultOf(latest)]).toEqual([undefined, undefined])
  expect(faultOf(earliest - 1)).toEqual([{ field: 'time', message: 'must be at most 3660 days ago' }])
  expect(faultOf(latest + 1)).toEqual([{ field: 'time', message: 'must be at most 24 hours ahead' }])
  expect(faultOf(LATEST_TIME_MICROS + 1)).toEqual([
    { field: 'time', message: 'must be from 1970-01-01T00:00:00Z to 2106-02-06T06:28:15.000Z' },
  ])
  await emitter.close()
  expect(sent.map(({ timestamp }) => timestamp)).toEqual([String(NOW), String(NOW)])
  expect(storedByIngest(authAudits, sent)).toBe(2)
})

it('refuses sizes by ingest’s rule, to the byte', async () => {
  const { sent, createProducer } = capturing()
  const emitter = createEmitter({ createProducer, now: () => NOW })
  const names = authAudits.fields.map(({ name }) => name)
  const filled = (last: number) =>
    Object.fromEntries(names.slice(0, 8).map((name, index) => [name, 'x'.repeat(index < 7 ? 8 * 1024 : last)]))
  let largest = 8 * 1024
  while (!emitter.emit(filled(largest)).accepted) largest--
  await emitter.close()
  expect(largest).toBeLessThan(8 * 1024)
  expect(storedByIngest(authAudits, sent)).toBe(1)
  const [message] = sent as [OutgoingMessage]
  // One byte more is too large for ingest, too: it counts the datum after the header of ten bytes.
  expect(message.value.length - 10).toBe(64 * 1024)
})

it('names at most fifty faults, and repeats no long name', () => {
  const emitter = createEmitter({ createProducer: capturing().createProducer })
  const emitted = emitter.emit(Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => ['n'.repeat(5_000) + i, 1])))
  expect(JSON.stringify(emitted).length).toBeLessThan(10_000)
})

it.each(['now throws', 'now is no number'])('%s: the record is refused', (kind) => {
  const now = kind === 'now throws' ? fails : () => Number.NaN
  const emitter = createEmitter({ createProducer: capturing().createProducer, now })
  expect(emitter.emit({ user_id: 'u', time: new Date() })).toMatchObject({ accepted: false, reason: 'invalid' })
})

/** Every way in which a user's object can fail. */
const failures = [fails, async () => fails(), () => Promise.reject(undefined), () => new Promise(() => {})] as const

it.each(failures.map((fail, index) => [index, fail] as const))(
  'emit works when logger and metrics fail in way %i',
  async (_, fail) => {
    const { sent, createProducer } = capturing()
    const logger = { info: fail, warn: fail, error: fail } as LoggerPort
    const metrics = { records: { inc: fail }, retries: { inc: fail }, queuedBytes: { set: fail } } as MetricsPort
    const emitter = createEmitter({ createProducer, logger, metrics, maxQueueBytes: 700 })
    const accepted = [1, 2, 3, 4].map(() => emitter.emit({ user_id: 'u' }).accepted)
    expect(accepted).toEqual([true, true, false, false])
    expect(emitter.emit({ user_id: 1 } as never)).toMatchObject({ reason: 'invalid' })
    await emitter.close()
    expect(sent).toHaveLength(2)
  },
)

it('emit works without a usable logger or metrics', async () => {
  const { sent, createProducer } = capturing()
  const emitter = createEmitter({ createProducer, logger: {} as LoggerPort, metrics: {} as MetricsPort })
  expect(emitter.emit({ user_id: 'u' })).toMatchObject({ accepted: true })
  await emitter.close()
  expect(sent).toHaveLength(1)
})

it.each([
  ['createProducer', 0],
  ['createProducer', 2],
  ['connect', 0],
  ['connect', 1],
  ['connect', 2],
  ['send', 0],
  ['send', 1],
  ['send', 2],
] as const)(
  'emit and close work when %s fails in way %i, and a later attempt works',
  async (method, way) => {
    const fail = failures[way] as () => never
    const { sent, createProducer } = capturing()
    let calls = 0
    let sends = 0
    const hostile: ProducerPort = {
      connect: async () => {},
      disconnect: fails,
      send: async (batch) => {
        if (sends++ > 0) sent.push(...batch.messages)
        else await fail()
      },
      ...(method === 'connect' ? { connect: fail } : {}),
    }
    const emitter = createEmitter({
      createProducer: () => {
        calls++
        if (calls > 1) return createProducer()
        return method === 'createProducer' ? fail() : hostile
      },
      lingerMs: 0,
    })
    expect(emitter.emit({ user_id: 'u' })).toMatchObject({ accepted: true })
    const { eventId } = await emitter.publish({ user_id: 'v' })
    expect(eventId).toHaveLength(36)
    await emitter.close()
    expect(sent).toHaveLength(2)
  },
  20_000,
)

it.each(failures.map((fail, index) => [index, fail] as const))(
  'close returns when the producer fails in way %i forever',
  async (_, fail) => {
    const producer = { connect: fail, disconnect: fail, send: fail } as ProducerPort
    const emitter = createEmitter({ createProducer: () => producer, closeTimeoutMs: 20 })
    const published = emitter.publish({ user_id: 'u' })
    await Promise.all([expect(published).rejects.toMatchObject({ code: 'EMITTER_CLOSED' }), emitter.close()])
    await emitter.flush()
  },
  10_000,
)
