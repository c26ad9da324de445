import fc from 'fast-check'
import { expect, it, test, vi } from 'vitest'
import { lookAlikes } from '../../../test/fixtures/redaction/look_alikes.js'
import { type Planted, plantedKinds, randomKeys } from '../../../test/fixtures/redaction/secrets.js'
import { type AuthAudit, audits, authAudits, createEmitter, inMemoryEmitter, type OutgoingMessage } from '../index.js'
import type { SecretKind } from './kinds.js'
import { recordRedactor } from './record.js'
import { redact, redactText } from './redact.js'

const SEED = 20_261_128
const fields = [
  'user_id',
  'upstream_user_id',
  'event',
  'user_agent',
  'issuer',
  'session',
  'application_name',
  'trace_id',
]

/** An emitter that keeps what leaves it: messages, and the words of log lines and metrics. */
function watched() {
  const sent: OutgoingMessage[] = []
  const said: unknown[] = []
  const say = (...spoken: unknown[]) => void said.push(spoken)
  const counter = { inc: say, set: () => undefined }
  const emitter = createEmitter({
    createProducer: () => ({
      connect: async () => {},
      disconnect: async () => {},
      send: async ({ messages }) => void sent.push(...messages),
    }),
    logger: { info: say, warn: say, error: say },
    metrics: { records: counter, retries: counter, redacted: counter, queuedBytes: counter },
    maxQueueBytes: 1024 ** 3,
  })
  return { emitter, sent, said }
}

test('10,000 planted secrets of every kind: none leaves the emitter', async () => {
  const any = fc.tuple(fc.oneof(...plantedKinds), fc.constantFrom(...fields))
  const planted = fc.sample(any, { numRuns: 10_000, seed: SEED })
  const { emitter, sent, said } = watched()
  for (const [{ text }, field] of planted) expect(emitter.emit({ [field]: text })).toMatchObject({ accepted: true })
  await emitter.close()
  const words = new Set(said.map((each) => JSON.stringify(each)))
  expect(words.size).toBeLessThan(30)
  const leaked = planted.filter(([{ secret }], index) => {
    const { key, value } = sent[index] as OutgoingMessage
    return key.includes(secret) || value.includes(secret) || [...words].some((word) => word.includes(secret))
  })
  expect(leaked.map(([{ kind, text }, field]) => `${kind} in ${field}: ${text}`)).toEqual([])
}, 60_000)

test('random keys leave neither a user agent nor a name, and stay where an id belongs', () => {
  const emitter = inMemoryEmitter()
  const keys = fc.sample(randomKeys, { numRuns: 1_000, seed: SEED })
  const left = keys.filter(({ text, secret }) => {
    emitter.emit({ user_agent: text, session: text })
    const kept = emitter.records.at(-1)?.fields
    expect(kept?.session).toBe(text)
    return kept?.user_agent?.includes(secret)
  })
  // A few are as regular as words.
  expect(left.length).toBeLessThan(10)
})

test('10,000 harmless look-alikes are stored as they are', () => {
  const emitter = inMemoryEmitter()
  fc.assert(
    fc.property(lookAlikes, (record) => {
      emitter.emit(record as AuthAudit)
      expect(emitter.records.at(-1)?.fields).toEqual(record)
    }),
    { numRuns: 10_000, seed: SEED, endOnFailure: true },
  )
}, 60_000)

test('secrets within a JSON value of a provider are found at any depth, and what is beside them stays', () => {
  const place = (planted: Planted) => ({ a: [{ beside: 'kept', deep: { text: planted.text } }] })
  for (const planted of fc.sample(fc.oneof(...plantedKinds), { numRuns: 2_000, seed: SEED })) {
    const kept = JSON.stringify(redact(place(planted)))
    expect(kept, planted.text).not.toContain(planted.secret)
    expect(kept).toContain('"beside":"kept"')
  }
})

test('what was redacted has no secret left: ingest counts what slips through by the same rules', () => {
  const emitter = inMemoryEmitter()
  const redactAgain = recordRedactor(authAudits)
  const found = vi.fn()
  for (const { text } of fc.sample(fc.oneof(...plantedKinds), { numRuns: 5_000, seed: SEED })) {
    emitter.emit({ user_agent: text, issuer: text, upstream_user_id: text })
    const fields = emitter.records.at(-1)?.fields ?? {}
    expect(redactAgain(fields, true, found), text).toEqual(fields)
    expect(found, JSON.stringify(fields)).not.toHaveBeenCalled()
  }
})

it('counts each secret by its kind, and a record without one not at all', () => {
  const inc = vi.fn()
  const ignore = { inc: () => undefined, set: () => undefined }
  const emitter = createEmitter({
    createProducer: () => ({ connect: async () => {}, disconnect: async () => {}, send: async () => undefined }),
    metrics: { records: ignore, retries: ignore, redacted: { inc }, queuedBytes: ignore },
  })
  const kinds = (record: object): SecretKind[] => {
    inc.mockClear()
    emitter.emit(record as AuthAudit)
    return inc.mock.calls.map(([labels]) => labels.kind).sort()
  }
  expect(kinds({ user_agent: 'Firefox', user_id: 'ada@example.com' })).toEqual([])
  expect(kinds({ user_agent: 'a password=hunter2 b', issuer: 'https://x/?token=abc' })).toEqual(['key', 'url'])
  expect(kinds({ user_agent: 'Cookie: a=1' })).toEqual(['cookie'])
  expect(kinds({ upstream_user_id: 'Tr0ub4dor&3!' })).toEqual(['user_name'])
  expect(emitter.stats().redacted).toEqual({ key: 1, url: 1, cookie: 1, user_name: 1 })
})

it('redacts a list by its entries, so that it stays a list', () => {
  const emitter = inMemoryEmitter(audits)
  emitter.emit({ audit_attributes: [{ attribute_name: 'password=hunter2', attribute_id: '7' }, { attribute_id: '8' }] })
  expect(JSON.parse(emitter.records[0]?.fields.audit_attributes ?? '')).toEqual([
    { attribute_name: 'password=[redacted]', attribute_id: '7' },
    { attribute_id: '8' },
  ])
})

it('keeps a field within its limit, although a mark is longer than what it replaces', () => {
  const emitter = inMemoryEmitter()
  expect(emitter.emit({ user_agent: 'pin=1&'.repeat(1_365) })).toMatchObject({ accepted: true })
  expect(emitter.records[0]?.fields.user_agent?.length).toBe(8_192)
})

it('names an unknown field without the secret in its name', () => {
  const emitted = inMemoryEmitter().emit({ 'password=hunter2': 'x' } as never)
  expect(JSON.stringify(emitted)).not.toContain('hunter2')
})

it.each([
  ['quotes', '"'.repeat(8_000)],
  ['backslashes', '\\'.repeat(8_000)],
  ['names', 'a: '.repeat(2_700)],
  ['equals signs', 'a='.repeat(4_000)],
  ['URLs', 'a://a:'.repeat(1_300)],
  ['letters and dots', 'a.'.repeat(4_000)],
  ['private keys', '-----BEGIN PRIVATE KEY-----'.repeat(300)],
  ['capitals', `-----BEGIN ${'A '.repeat(4_000)}`],
  ['encoded signs', '%3D%26'.repeat(1_300)],
  ['brackets', '[{"a":'.repeat(1_300)],
  ['quoted names', '"a":"'.repeat(1_600)],
])('does not take long for text of %s', (_, text) => {
  // A form whose time grows with the square of a text's length takes minutes for these.
  const long = text.repeat(20)
  expect(redactText(long).length).toBeGreaterThan(0)
})
