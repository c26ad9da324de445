import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createEmitter, type EmitterConfig, type OutgoingMessage, SpoolLockedError } from '../index.js'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gatelog-spool-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** A Kafka that is away until a test changes that. It stands in where a test chooses the answers. */
function kafka({ away = true } = {}) {
  const sent: OutgoingMessage[] = []
  const state = { away }
  const createProducer = () => ({
    connect: async () => {
      if (state.away) throw new Error('no broker')
    },
    disconnect: async () => {},
    send: async ({ messages }: { messages: OutgoingMessage[] }) => {
      if (state.away) throw new Error('no broker')
      sent.push(...messages)
    },
  })
  return { sent, state, createProducer }
}

/** An emitter with a small memory and small segments, and what it logged. */
function spooling(createProducer: EmitterConfig['createProducer'], options: Partial<EmitterConfig> = {}) {
  const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() }
  const emitter = createEmitter({
    createProducer,
    logger: log,
    maxQueueBytes: 20_000,
    closeTimeoutMs: 50,
    spool: { dir, segmentBytes: 16_384 },
    ...options,
  })
  return { emitter, log }
}

const id = (number: number) => `0190a0c0-0000-7000-8000-${number.toString(16).padStart(12, '0')}`
const numbersOf = (messages: readonly OutgoingMessage[]) =>
  messages.map(({ value }) => Number.parseInt(value.toString('hex', 20, 26), 16))
const files = () => readdirSync(join(dir, 'auth_audits')).filter((name) => name.endsWith('.segment'))

/** The numbers of each key in the order in which they were sent. */
function byKey(messages: readonly OutgoingMessage[]): Map<string, number[]> {
  const numbers = new Map<string, number[]>()
  for (const [index, number] of numbersOf(messages).entries()) {
    const { key } = messages[index] as OutgoingMessage
    numbers.set(key, [...(numbers.get(key) ?? []), number])
  }
  return numbers
}

const ascending = (numbers: readonly number[]) =>
  numbers.every((number, index) => index === 0 || number > (numbers[index - 1] as number))

describe('while Kafka is away', () => {
  it.each(['always', 'interval', 'never'] as const)(
    '(sync %s) what memory has no room for waits on disk, and arrives in order within its key',
    async (sync) => {
      const { sent, state, createProducer } = kafka()
      const { emitter } = spooling(createProducer, { spool: { dir, segmentBytes: 16_384, sync } })
      const count = sync === 'always' ? 300 : 5_000
      for (let number = 0; number < count; number++) {
        expect(emitter.emit({ event_id: id(number), trace_id: `t-${number % 7}` })).toMatchObject({ accepted: true })
      }
      await vi.waitFor(() => expect(files().length).toBeGreaterThan(1))
      state.away = false
      await emitter.flush()
      expect(numbersOf(sent).toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, index) => index))
      expect([...byKey(sent).values()].every(ascending)).toBe(true)
      await emitter.close()
      expect(files()).toEqual([])
      expect(emitter.stats()).toMatchObject({ dropped: {}, spool: { bytes: 0 } })
    },
    60_000,
  )

  it('publish resolves when Kafka has acknowledged what was on disk', async () => {
    const { sent, state, createProducer } = kafka()
    const { emitter } = spooling(createProducer)
    const published = Array.from({ length: 500 }, (_, number) => emitter.publish({ event_id: id(number) }))
    await vi.waitFor(() => expect(files().length).toBeGreaterThan(0))
    state.away = false
    await Promise.all(published)
    expect(sent).toHaveLength(500)
    await emitter.close()
  })

  it('a record of another key does not wait for what is on disk', async () => {
    const { sent, state, createProducer } = kafka()
    const { emitter } = spooling(createProducer, { maxQueueBytes: 1_000_000 })
    for (let number = 0; number < 40_000; number++) emitter.emit({ event_id: id(number), user_id: 'old' })
    state.away = false
    await vi.waitFor(() => expect(sent.length).toBeGreaterThan(0), { interval: 1 })
    await emitter.publish({ event_id: id(99_999), user_id: 'fresh' })
    expect(sent.length).toBeLessThan(40_000)
    await emitter.flush()
    expect(sent).toHaveLength(40_001)
    await emitter.close()
  }, 60_000)
})

describe('after a restart', () => {
  /** Leaves records in the folder, as a process that ends while Kafka is away. */
  async function leave(numbers: readonly number[]): Promise<void> {
    const { emitter, log } = spooling(kafka().createProducer)
    for (const number of numbers) emitter.emit({ event_id: id(number), trace_id: `t-${number % 3}` })
    await emitter.close()
    expect(log.info).toHaveBeenCalledWith(
      expect.objectContaining({ records: numbers.length }),
      expect.stringMatching(/stay/),
    )
    expect(emitter.stats().dropped).toEqual({})
  }
  const numbers = Array.from({ length: 400 }, (_, index) => index)

  it('what was left is sent under the same ids, before new records of its keys', async () => {
    await leave(numbers)
    const { sent, createProducer } = kafka({ away: false })
    const { emitter } = spooling(createProducer)
    for (const number of numbers) emitter.emit({ event_id: id(1_000 + number), trace_id: `t-${number % 3}` })
    await emitter.flush()
    expect(sent).toHaveLength(800)
    expect([...byKey(sent).values()].every(ascending)).toBe(true)
    await emitter.close()
    expect(files()).toEqual([])
  })

  it.each([
    ['is torn', (path: string) => truncateSync(path, readFileSync(path).length - 3)],
    ['has zeros, as after a power loss', (path: string) => appendFileSync(path, Buffer.alloc(5_000))],
    ['is damaged', (path: string) => writeFileSync(path, readFileSync(path).fill(0xff, 20, 30))],
  ])('a tail that %s is cut and counted, and what is before it is sent', async (_, damage) => {
    await leave(numbers.slice(0, 50))
    damage(join(dir, 'auth_audits', files().at(-1) as string))
    const { sent, createProducer } = kafka({ away: false })
    const { emitter, log } = spooling(createProducer)
    await emitter.flush()
    await emitter.close()
    const arrived = numbersOf(sent)
    expect(arrived).toEqual(numbers.slice(0, arrived.length))
    expect(log.error).toHaveBeenCalledWith(
      expect.objectContaining({ bytes: expect.any(Number) }),
      expect.stringMatching(/torn/),
    )
    expect(emitter.stats().spool?.tornBytes).toBeGreaterThan(0)
    expect(files()).toEqual([])
  })
})

describe('a folder', () => {
  const lock = () => join(dir, 'auth_audits', 'lock')

  it('has one owner at a time', async () => {
    const { createProducer } = kafka({ away: false })
    const { emitter } = spooling(createProducer)
    expect(() => spooling(createProducer)).toThrow(SpoolLockedError)
    expect(() => spooling(createProducer)).toThrow(/process \d+ on .+ uses it/)
    await emitter.close()
    await spooling(createProducer).emitter.close()
  })

  it.each([
    ['of a process that no longer runs', { pid: 2 ** 22 + 1, started: null, host: hostname() }],
    ['of a process whose id another has now', { pid: process.pid, started: 'boot 1', host: hostname() }],
    ['that was cut', undefined],
  ])('with a lock %s is taken over', async (_, owner) => {
    const { createProducer } = kafka({ away: false })
    await spooling(createProducer).emitter.close()
    writeFileSync(lock(), owner === undefined ? '{"pid":' : JSON.stringify(owner))
    await spooling(createProducer).emitter.close()
    expect(readdirSync(join(dir, 'auth_audits'))).toEqual([])
  })

  it('of another host stays its own', () => {
    const { createProducer } = kafka()
    const { emitter } = spooling(createProducer)
    void emitter.close()
    return emitter.close().then(() => {
      writeFileSync(lock(), JSON.stringify({ pid: 1, started: null, host: 'other' }))
      expect(() => spooling(createProducer)).toThrow(SpoolLockedError)
    })
  })

  it('that cannot be made leaves the emitter with its memory, and is logged', async () => {
    writeFileSync(join(dir, 'file'), '')
    const { sent, state, createProducer } = kafka()
    const { emitter, log } = spooling(createProducer, { spool: { dir: join(dir, 'file') } })
    const accepted = Array.from({ length: 200 }, (_, number) => emitter.emit({ event_id: id(number) })).filter(
      (emitted) => emitted.accepted,
    )
    expect(accepted.length).toBeGreaterThan(10)
    expect(emitter.stats().dropped).toEqual({ spool_failed: 200 - accepted.length })
    expect(log.error).toHaveBeenCalledWith(
      expect.objectContaining({ error: 'ENOTDIR' }),
      expect.stringMatching(/spool/),
    )
    state.away = false
    await emitter.flush()
    expect(sent).toHaveLength(accepted.length)
    await emitter.close()
  })

  it('takes no more than its limit; what memory has no room for then is dropped and counted', async () => {
    const { sent, state, createProducer } = kafka()
    const { emitter } = spooling(createProducer, {
      spool: { dir, segmentBytes: 16_384, sync: 'always', maxBytes: 30_000 },
    })
    const emitted = Array.from({ length: 2_000 }, (_, number) => emitter.emit({ event_id: id(number) }))
    const accepted = emitted.filter((each) => each.accepted).length
    expect(emitter.stats()).toMatchObject({ dropped: { spool_full: 2_000 - accepted } })
    expect(emitter.stats().spool?.bytes).toBeLessThan(31_000)
    expect(emitted.at(-1)).toMatchObject({ accepted: false, reason: 'full' })
    state.away = false
    await emitter.flush()
    expect(sent).toHaveLength(accepted)
    await emitter.close()
  })
})
