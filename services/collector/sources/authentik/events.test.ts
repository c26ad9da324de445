import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { events, type JsonField, type JsonObject } from '../../../../schemas/streams/index.js'
import { plantedKinds } from '../../../../test/fixtures/redaction/secrets.js'
import { inMemoryEmitter } from '../../../emitter/index.js'
import { enforceFieldLimits } from '../../webhooks/field_limits.js'
import { openReader } from '../config.js'
import type { Reading } from '../source.js'

const NOW = Date.UTC(2026, 10, 29)
const BRAND = { pk: '4e1f', app: 'authentik_brands', name: 'Acme', model_name: 'brand' }
const USER = { pk: 7, email: '', username: 'ada', on_behalf_of: { pk: 8, username: 'bob' } }
const event = {
  pk: '019b76da-a800-4000-8000-0123456789ab',
  user: USER,
  action: 'model_updated',
  app: 'authentik.core',
  context: { model: { pk: 5, app: 'core', name: 'A', model_name: 'group' }, diff: { a: { previous: null } } },
  client_ip: '192.0.2.7',
  created: '2026-11-28T12:00:00.123456+00:00',
  expires: '2027-11-28T12:00:00.123456+00:00',
  brand: BRAND,
}

const reader = (config: object = {}) => openReader('authentik', { name: 'authentik', ...config })
const byDefault = reader()

function read(body: object, config?: object): readonly Reading[] {
  return (config === undefined ? byDefault : reader(config))(Buffer.from(JSON.stringify(body)))
}

const eventOf = (readings: readonly Reading[]) => readings.find((reading) => reading.is === 'event')?.record

describe('an event', () => {
  it('is kept whole', () => {
    const { pk: event_id, created: time, ...parts } = event
    expect(read(event)).toEqual([{ is: 'event', record: { ...parts, event_id, time, org_id: '4e1f' } }])
  })

  it('that is a sign-in is a record of both streams, with one id', () => {
    const readings = read({ ...event, action: 'login' })
    expect(readings.map(({ is }) => is)).toEqual(['sign-in', 'event'])
    expect(new Set(readings.map((reading) => 'record' in reading && reading.record.event_id))).toEqual(
      new Set([event.pk]),
    )
  })

  it('may have a context of any shape, unless it is a sign-in', () => {
    const context = { username: 7, stage: 'x', http_request: [null] }
    expect(eventOf(read({ ...event, context }))).toMatchObject({ context })
    expect(() => read({ ...event, context, action: 'login' })).toThrow(/context.username/)
  })

  it('may have an action that every object has as a member', () => {
    expect(read({ ...event, action: 'constructor' }).map(({ is }) => is)).toEqual(['event'])
    expect(read({ ...event, action: '__proto__' }, { events: false })).toEqual([{ is: 'ignored', type: '__proto__' }])
  })

  it('belongs to the organization that its source is configured with', () => {
    const organization = { id: 'acme', name: 'Acme' }
    expect(eventOf(read(event, { organization }))).toMatchObject({ org_id: 'acme', brand: BRAND })
    expect(eventOf(read(event, { organization_prefix: 'a/' }))).toMatchObject({ org_id: 'a/4e1f' })
  })

  it('is not kept where its source has `events` off', () => {
    expect(read(event, { events: false })).toEqual([{ is: 'ignored', type: 'model_updated' }])
    expect(read({ ...event, action: 'logout' }, { events: false }).map(({ is }) => is)).toEqual(['sign-in'])
  })
})

const emitter = inMemoryEmitter(events)

/** What is stored of a webhook's event, as the API shows it. */
function stored(body: object): Record<string, unknown> {
  const record = eventOf(read(body))
  expect(record).toBeDefined()
  const { record: limited } = enforceFieldLimits(events, record as never, NOW)
  expect(emitter.emit(limited as never)).toMatchObject({ accepted: true })
  const fields: Readonly<Record<string, string>> = emitter.records.at(-1)?.fields ?? {}
  return Object.fromEntries(
    events.fields.map((field) => [
      field.name,
      'json' in field ? JSON.parse(fields[field.name] || '{}') : fields[field.name],
    ]),
  )
}

const words = fc.constantFrom(
  'name',
  'model',
  'diff',
  'previous_value',
  'new_value',
  'path',
  'a.b',
  '',
  '__proto__',
  'é',
)
const plain = fc.oneof(
  fc.constantFrom('', 'ada', 'Wörter', '{', '\u0000', 'line\nbreak', '7', 'null'),
  fc.integer(),
  fc.constantFrom(0.5, -1e-7, null, true, false, 1e21),
)
const tree = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 8, depthSize: 'small' }, plain, tie('list'), tie('object')),
  list: fc.array(tie('value'), { maxLength: 4 }),
  object: fc.dictionary(words, tie('value'), { maxKeys: 6 }),
}))

test('10,000 contexts without a secret come back as they were', () => {
  fc.assert(
    fc.property(tree.object, (context) => {
      const expected = JSON.parse(JSON.stringify(context))
      expect(stored({ ...event, context })).toEqual({
        ...{ org_id: '4e1f', action: event.action, app: event.app, user: USER, brand: BRAND },
        ...{ client_ip: event.client_ip, expires: event.expires, context: expected },
      })
    }),
    { numRuns: 10_000, seed: 22 },
  )
}, 120_000)

/** A value in a context, at any depth, beside something harmless. */
const placed = (inner: fc.Arbitrary<unknown>) =>
  fc
    .tuple(inner, fc.array(fc.constantFrom('list', 'data', 'attributes', 'args'), { maxLength: 10 }))
    .map(
      ([value, path]): JsonObject =>
        path.reduceRight<JsonObject>(
          (within, key) => (key === 'list' ? { beside: 'kept', list: [0, within] } : { beside: 'kept', [key]: within }),
          value as JsonObject,
        ),
    )

const secretKeys = fc.constantFrom(
  ...['password', 'bind_password', 'client_secret', 'api_key', 'token', 'X-Auth-Token', 'apiKey', 'cookie', 'otp'],
)
const secretText = fc.string({
  unit: fc.constantFrom(...'abcdefghkmnpqrstuvwxyz23456789'),
  minLength: 12,
  maxLength: 40,
})

test('10,000 contexts with a secret at any depth: none is left, and what is beside it stays', () => {
  const byName = fc
    .tuple(secretKeys, secretText, fc.constantFrom('text', 'list', 'object'))
    .map(([key, secret, form]) => ({
      secret,
      value: { [key]: form === 'text' ? secret : form === 'list' ? [secret] : { value: [secret] } },
    }))
  const byForm = fc.oneof(...plantedKinds).map(({ secret, text }) => ({ secret, value: { message: text } }))
  const inKey = fc.oneof(...plantedKinds).map(({ secret, text }) => ({ secret, value: { [text]: 1 } }))
  const planted = fc.oneof(byName, byForm, inKey)
  const contexts = planted.chain(({ secret, value }) =>
    placed(fc.constant(value)).map((context) => ({ secret, context })),
  )
  fc.assert(
    fc.property(contexts, ({ secret, context }) => {
      const { context: kept, user } = stored({ ...event, context, user: { ...USER, attributes: context } })
      const text = JSON.stringify([kept, user])
      expect(text).not.toContain(secret)
      if ('beside' in context) expect(kept).toMatchObject({ beside: 'kept' })
    }),
    { numRuns: 10_000, seed: 23 },
  )
}, 240_000)

test('a password that was typed as the user name is replaced in the context, and a name with an id is not', () => {
  const user = { pk: 1, email: '', username: 'AnonymousUser' }
  const failed = { ...event, action: 'login_failed', user, context: { username: 'Tr0ub4dor&3!' } }
  expect(stored(failed).context).toEqual({ username: '[redacted]' })
  expect(stored({ ...event, user: { pk: 2, username: 'Tr0ub4dor&3!' } }).user).toEqual({
    pk: 2,
    username: 'Tr0ub4dor&3!',
  })
})

test('an event that is too large is shortened, and kept', () => {
  const context = {
    model: { pk: 7 },
    diff: Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`k${n}`, 'x'.repeat(99)])),
  }
  const { json } = events.fields.find(({ name }) => name === 'context') as unknown as { readonly json: JsonField }
  const kept = stored({ ...event, context }).context as typeof context
  expect(kept.model).toEqual({ pk: 7 })
  expect(kept.diff.k0).toBe('x'.repeat(99))
  expect(JSON.stringify(kept).length).toBeLessThanOrEqual(json.maxBytes)
})
