import avro from 'avsc'
import { describe, expect, it, vi } from 'vitest'
import { avroSchema } from '../../schemas/derive/avro.js'
import { fingerprint } from '../../schemas/derive/fingerprint.js'
import { audits, authAudits, MAX_FIELD_BYTES } from '../../schemas/streams/index.js'
import { ClosedError, createEmitter, InvalidRecordError, type OutgoingMessage, QueueFullError } from './index.js'
import type { ProducerPort } from './ports.js'

const type = avro.Type.forSchema(avroSchema(authAudits) as avro.Schema)
const auditType = avro.Type.forSchema(avroSchema(audits) as avro.Schema)

/** A producer whose broker can be unreachable. It stands in for Kafka where a test chooses the answers. */
function scriptedProducer() {
  const sent: OutgoingMessage[] = []
  const state = {
    failures: 0,
    unreachable: false,
    sends: 0,
    producers: 0,
    blocked: undefined as Promise<void> | undefined,
  }
  const createProducer = (): ProducerPort => {
    state.producers++
    return {
      connect: async () => {
        if (state.unreachable) throw new Error('no broker')
      },
      disconnect: async () => {},
      send: async ({ messages }) => {
        state.sends++
        await state.blocked
        if (state.failures-- > 0) throw new Error('no broker')
        sent.push(...messages)
      },
    }
  }
  return { sent, state, createProducer }
}

describe('emit', () => {
  it('sends an Avro single-object encoding keyed by the trace', async () => {
    const { sent, createProducer } = scriptedProducer()
    const emitter = createEmitter({ createProducer, now: () => 1_700_000_000_000 })
    const emitted = emitter.emit({ user_id: 'u', trace_id: 't', session: 's', org_id: '' })
    await emitter.close()

    const [message] = sent as [OutgoingMessage]
    expect(message.key).toBe('t')
    expect(message.value.subarray(0, 2)).toEqual(Buffer.from([0xc3, 0x01]))
    expect(message.value.subarray(2, 10)).toEqual(fingerprint(avroSchema(authAudits)))
    const datum = type.fromBuffer(message.value.subarray(10))
    expect(datum).toMatchObject({
      user_id: 'u',
      trace_id: 't',
      session: 's',
      org_id: null,
      time: 1_700_000_000_000_000,
    })
    expect(emitted).toMatchObject({ accepted: true })
    expect(Buffer.from(datum.event_id).toString('hex')).toBe(
      (emitted as { eventId: string }).eventId.replaceAll('-', ''),
    )
  })

  it.each([
    [{ trace_id: 't', session: 's', user_id: 'u' }, 't'],
    [{ session: 's', user_id: 'u' }, 's'],
    [{ user_id: 'u' }, 'u'],
    [{ event_id: '0190a0c0-0000-7000-8000-000000000001' }, '0190a0c0-0000-7000-8000-000000000001'],
  ])('takes the key of %j from %s', async (record, key) => {
    const { sent, createProducer } = scriptedProducer()
    const emitter = createEmitter({ createProducer })
    emitter.emit(record)
    await emitter.close()
    expect(sent.map((message) => message.key)).toEqual([key])
  })

  it('keeps the microseconds of a time and the given event id', async () => {
    const { sent, createProducer } = scriptedProducer()
    const emitter = createEmitter({ createProducer, now: () => Date.parse('2026-02-01T00:00:00Z') })
    emitter.emit({ time: '2026-01-31T13:00:00.000001+01:00', event_id: '0190A0C0-0000-7000-8000-000000000001' })
    await emitter.close()
    const datum = type.fromBuffer((sent[0] as OutgoingMessage).value.subarray(10))
    expect(datum.time).toBe(Date.parse('2026-01-31T12:00:00Z') * 1000 + 1)
    expect(Buffer.from(datum.event_id).toString('hex')).toBe('0190a0c0000070008000000000000001')
  })

  it('names every fault and no value', () => {
    const emitter = createEmitter({ createProducer: scriptedProducer().createProducer })
    const record = {
      time: 'yesterday',
      event_id: 'secret-id',
      user_id: 7,
      org_id: 'x'.repeat(MAX_FIELD_BYTES + 1),
      stage: 'broken \ud800',
      password: 'hunter2',
    }
    const emitted = emitter.emit(record as never)
    expect(emitted).toEqual({
      accepted: false,
      reason: 'invalid',
      faults: [
        { field: 'event_id', message: 'must be a UUID other than the nil UUID' },
        { field: 'time', message: 'must be a Date or RFC 3339 text such as 2026-01-31T12:00:00.000000Z' },
        { field: 'user_id', message: 'must be text' },
        { field: 'org_id', message: `must be at most ${MAX_FIELD_BYTES} bytes long` },
        { field: 'stage', message: 'must be well-formed Unicode (it has a lone surrogate)' },
        { field: 'password', message: 'is not a field of auth_audits' },
      ],
    })
    expect(JSON.stringify(emitted)).not.toMatch(/hunter2|secret-id/)
  })

  it('encodes a list as text, and rejects one that is not as declared', async () => {
    const { sent, createProducer } = scriptedProducer()
    const emitter = createEmitter({ stream: audits, createProducer })
    const audit_attributes = [{ attribute_type: 'role', attribute_id: '7' }, { attribute_name: '' }]
    expect(emitter.emit({ action: 'CREATE', audit_attributes })).toMatchObject({ accepted: true })
    expect(emitter.emit({ audit_attributes: [] })).toMatchObject({ accepted: true })
    await emitter.close()
    const values = sent.map(({ value }) => auditType.fromBuffer(value.subarray(10)).audit_attributes)
    expect(values).toEqual(['[{"attribute_id":"7","attribute_type":"role"},{}]', null])

    const long = 'hunter2'.repeat(MAX_FIELD_BYTES / 7)
    for (const [given, message] of [
      ['hunter2', 'must be a list'],
      [[{ attribute_id: { hunter2: 1 } }], 'must be a list of objects; entry 1 must have text for attribute_id'],
      [[{ attribute_id: long }], `must be at most ${MAX_FIELD_BYTES} bytes long`],
    ]) {
      const emitted = emitter.emit({ audit_attributes: given } as never)
      expect(emitted).toEqual({ accepted: false, reason: 'invalid', faults: [{ field: 'audit_attributes', message }] })
    }
  })

  it('rejects what is not an object, and a record that is too large as a whole', () => {
    const emitter = createEmitter({ createProducer: scriptedProducer().createProducer })
    for (const value of [null, 'text', ['a']]) expect(emitter.emit(value as never)).toMatchObject({ reason: 'invalid' })
    const long = 'x'.repeat(MAX_FIELD_BYTES)
    const fields = Object.fromEntries(authAudits.fields.map(({ name }) => [name, long]))
    expect(emitter.emit(fields)).toMatchObject({ reason: 'invalid', faults: [{ field: '' }] })
  })

  it('drops, counts and logs what does not fit into the queue', async () => {
    const { state, createProducer } = scriptedProducer()
    let release = () => {}
    state.blocked = new Promise((resolve) => {
      release = resolve
    })
    const logger = { info: vi.fn(), warn: vi.fn(), error: vi.fn() }
    const records = { inc: vi.fn() }
    const metrics = { records, retries: { inc: vi.fn() }, queuedBytes: { set: vi.fn() } }
    const emitter = createEmitter({ createProducer, maxQueueBytes: 700, logger, metrics })
    const answers = Array.from({ length: 5 }, () => emitter.emit({ user_id: 'u' }))
    expect(answers.map(({ accepted }) => accepted)).toEqual([true, true, false, false, false])
    expect(records.inc.mock.calls.filter(([labels]) => labels.outcome === 'dropped')).toHaveLength(3)
    expect(logger.error).toHaveBeenCalledTimes(1)
    release()
    await emitter.close()
    expect(records.inc).toHaveBeenCalledWith({ stream: 'auth_audits', outcome: 'acknowledged' }, 2)
  })
})

describe('an unreachable broker', () => {
  it('gets the same batch again until it acknowledges, in order', async () => {
    const { sent, state, createProducer } = scriptedProducer()
    state.failures = 2
    const logger = { info: vi.fn(), warn: vi.fn(), error: vi.fn() }
    const emitter = createEmitter({ createProducer, logger })
    for (const user_id of ['1', '2', '3']) emitter.emit({ user_id })
    await emitter.flush()
    expect(sent.map(({ key }) => key)).toEqual(['1', '2', '3'])
    expect(state.sends).toBe(3)
    expect(state.producers).toBe(1)
    expect(logger.warn).toHaveBeenCalledTimes(1)
    expect(logger.info).toHaveBeenCalledTimes(1)
    await emitter.close()
  })

  it('does not delay close for longer than its timeout, and the rest is logged', async () => {
    const { sent, state, createProducer } = scriptedProducer()
    state.unreachable = true
    const logger = { info: vi.fn(), warn: vi.fn(), error: vi.fn() }
    const emitter = createEmitter({ createProducer, closeTimeoutMs: 50, logger })
    const published = emitter.publish({ user_id: 'u' })
    emitter.emit({ user_id: 'v' })
    await Promise.all([expect(published).rejects.toBeInstanceOf(ClosedError), emitter.close()])
    expect(sent).toEqual([])
    expect(logger.error).toHaveBeenCalledWith(
      { stream: 'auth_audits', records: 2, reason: 'closed' },
      'audit records dropped',
    )
    expect(emitter.emit({ user_id: 'w' })).toMatchObject({ accepted: false, reason: 'closed' })
  })
})

describe('publish', () => {
  it('resolves when Kafka has acknowledged, and not before', async () => {
    const { sent, state, createProducer } = scriptedProducer()
    state.failures = 1
    const emitter = createEmitter({ createProducer })
    const { eventId } = await emitter.publish({ user_id: 'u' })
    expect(sent).toHaveLength(1)
    expect(eventId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/)
    await emitter.close()
  })

  it('rejects with a typed error', async () => {
    const emitter = createEmitter({ createProducer: scriptedProducer().createProducer, maxQueueBytes: 10 })
    await expect(emitter.publish({ user_id: 1 } as never)).rejects.toBeInstanceOf(InvalidRecordError)
    await expect(emitter.publish({ user_id: 'u' })).rejects.toBeInstanceOf(QueueFullError)
    await emitter.close()
    await expect(emitter.publish({ user_id: 'u' })).rejects.toBeInstanceOf(ClosedError)
  })
})
