import { describe, expect, it, vi } from 'vitest'
import { createEmitter, type OutgoingMessage, RecordRejectedError } from '../index.js'
import type { ProducerPort } from '../ports.js'

/** An error as kafkajs throws it: the protocol's, wrapped. */
function kafkaError(type: string): Error {
  const cause = Object.assign(new Error(type), { type })
  return Object.assign(new Error('retries exceeded'), { cause })
}

/** A broker that refuses some messages, or batches over a size, for good. It stands in where answers are chosen. */
function broker(refuses: (messages: readonly OutgoingMessage[]) => string | undefined) {
  const stored: OutgoingMessage[] = []
  const state = { sends: 0, producers: 0, open: 0 }
  const createProducer = (): ProducerPort => {
    state.producers++
    return {
      connect: async () => {
        state.open++
      },
      disconnect: async () => {
        state.open--
      },
      send: async ({ messages }) => {
        state.sends++
        const refusal = refuses(messages)
        if (refusal !== undefined) throw kafkaError(refusal)
        stored.push(...messages)
      },
    }
  }
  return { stored, state, createProducer }
}

function logger() {
  return { info: vi.fn(), warn: vi.fn(), error: vi.fn() }
}

describe('a batch that Kafka refuses for good', () => {
  it.each(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'INVALID_TIMESTAMP'])(
    '(%s) is split down to the records at fault, and the others arrive in order',
    async (code) => {
      const { stored, state, createProducer } = broker((messages) =>
        messages.some(({ key }) => key === '13' || key === '700') ? code : undefined,
      )
      const log = logger()
      const records = { inc: vi.fn() }
      const metrics = { records, retries: { inc: vi.fn() }, queuedBytes: { set: vi.fn() } }
      const emitter = createEmitter({ createProducer, logger: log, metrics })
      const published = Array.from({ length: 1_000 }, (_, index) => emitter.publish({ user_id: String(index) }))
      const outcomes = await Promise.allSettled(published)
      expect(outcomes.flatMap(({ status }, index) => (status === 'rejected' ? [index] : []))).toEqual([13, 700])
      expect(outcomes[13]).toMatchObject({ reason: { code: 'RECORD_REJECTED', kafkaError: code } })
      expect((outcomes[13] as PromiseRejectedResult).reason).toBeInstanceOf(RecordRejectedError)
      expect(stored.map(({ key }) => Number(key))).toEqual(
        Array.from({ length: 1_000 }, (_, index) => index).filter((index) => index !== 13 && index !== 700),
      )
      const dropped = records.inc.mock.calls.filter(([labels]) => labels.outcome === 'dropped')
      expect(dropped).toEqual([
        [{ stream: 'auth_audits', outcome: 'dropped' }, 1],
        [{ stream: 'auth_audits', outcome: 'dropped' }, 1],
      ])
      await emitter.close()
      // One line at once, and the second drop with the close.
      const fields = { stream: 'auth_audits', records: 1, reason: 'rejected', error: code }
      expect(log.error.mock.calls).toEqual([
        [fields, 'audit records dropped'],
        [fields, 'audit records dropped'],
      ])
      expect(state.sends).toBeLessThan(80)
      // Sequence numbers of a batch in which one partition failed cannot be used again.
      expect(state.producers).toBeGreaterThan(1)
      expect(state.open).toBe(0)
    },
  )

  it('because the topic takes less than the default is split, and nothing is dropped', async () => {
    const size = (messages: readonly OutgoingMessage[]) => messages.reduce((sum, { value }) => sum + value.length, 0)
    const { stored, createProducer } = broker((messages) => (size(messages) > 20_000 ? 'MESSAGE_TOO_LARGE' : undefined))
    const emitter = createEmitter({ createProducer })
    await Promise.all(Array.from({ length: 5_000 }, (_, index) => emitter.publish({ user_id: String(index) })))
    expect(stored.map(({ key }) => Number(key))).toEqual(Array.from({ length: 5_000 }, (_, index) => index))
    await emitter.close()
  })
})

describe('a broker that never acknowledges', () => {
  /** A producer whose sends end when the test says so. */
  function pending() {
    const sends: { messages: OutgoingMessage[]; resolve: () => void; reject: (error: Error) => void }[] = []
    const state = { disconnected: 0 }
    const createProducer = (): ProducerPort => ({
      connect: async () => {},
      disconnect: async () => {
        state.disconnected++
      },
      send: ({ messages }) => new Promise<void>((resolve, reject) => sends.push({ messages, resolve, reject })),
    })
    return { sends, state, createProducer }
  }

  it('leaves what was sent unconfirmed, and only what was never sent is dropped', async () => {
    const { sends, state, createProducer } = pending()
    const log = logger()
    const inc = vi.fn()
    const metrics = { records: { inc }, retries: { inc: vi.fn() }, queuedBytes: { set: vi.fn() } }
    const emitter = createEmitter({ createProducer, closeTimeoutMs: 30, lingerMs: 0, logger: log, metrics })
    emitter.emit({ user_id: 'sent' })
    await vi.waitFor(() => expect(sends).toHaveLength(1))
    emitter.emit({ user_id: 'queued' })
    emitter.emit({ user_id: 'queued, too' })
    await emitter.close()
    expect(sends.flatMap(({ messages }) => messages.map(({ key }) => key))).toEqual(['sent'])
    expect(inc.mock.calls).toEqual([
      [{ stream: 'auth_audits', outcome: 'unconfirmed' }, 1],
      [{ stream: 'auth_audits', outcome: 'dropped' }, 2],
    ])
    expect(log.warn).toHaveBeenCalledWith(
      { stream: 'auth_audits', records: 1 },
      'closed before Kafka acknowledged audit records; it may have them',
    )
    expect(state.disconnected).toBe(1)

    // The acknowledgement comes after all: nothing is counted twice, and nothing more is sent.
    sends[0]?.resolve()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(inc).toHaveBeenCalledTimes(2)
    expect(sends).toHaveLength(1)
  })

  it('counts as acknowledged what is acknowledged while close disconnects', async () => {
    const { sends, createProducer } = pending()
    const inc = vi.fn()
    const metrics = { records: { inc }, retries: { inc: vi.fn() }, queuedBytes: { set: vi.fn() } }
    const emitter = createEmitter({ createProducer, closeTimeoutMs: 30, lingerMs: 0, metrics })
    const published = emitter.publish({ user_id: 'late' })
    const closed = emitter.close()
    setTimeout(() => sends[0]?.resolve(), 100)
    await Promise.all([published, closed])
    expect(inc.mock.calls).toEqual([[{ stream: 'auth_audits', outcome: 'acknowledged' }, 1]])
  })

  it('is logged every ten seconds', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const { sends, createProducer } = pending()
      const log = logger()
      const emitter = createEmitter({ createProducer, logger: log, lingerMs: 0 })
      emitter.emit({ user_id: 'u' })
      while (sends.length === 0) await new Promise((resolve) => setTimeout(resolve, 1))
      vi.advanceTimersByTime(20_100)
      expect(log.warn.mock.calls.map(([, message]) => message)).toEqual([
        'Kafka has not acknowledged audit records yet',
        'Kafka has not acknowledged audit records yet',
      ])
      sends[0]?.resolve()
      await emitter.close()
    } finally {
      vi.useRealTimers()
    }
  })
})

it('replaces a producer that fails five times in a row', async () => {
  let failures = 5
  const { stored, state, createProducer } = broker(() => (failures-- > 0 ? 'OUT_OF_ORDER_SEQUENCE_NUMBER' : undefined))
  const emitter = createEmitter({ createProducer })
  await emitter.publish({ user_id: 'u' })
  expect(stored).toHaveLength(1)
  expect(state).toMatchObject({ producers: 2, open: 1 })
  await emitter.close()
  expect(state.open).toBe(0)
}, 20_000)
