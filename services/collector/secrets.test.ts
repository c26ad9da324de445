import fc from 'fast-check'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { type Planted, plantedKinds } from '../../test/fixtures/redaction/secrets.js'
import { casesOf, Placeholders, readyRequests, type SourceCase } from '../../test/fixtures/sources/cases.js'
import { audits, events, inMemoryEmitter } from '../emitter/index.js'
import { createCollector } from './app.js'
import { openSources } from './sources/config.js'
import { kafkaSetAside } from './webhooks/set_aside.js'

const SECRET = 'made-up-webhook-secret'
const REQUESTS = 100

/** Parts of webhooks that must be what the provider sends, or the webhook is not read at all. */
const FIXED = /^(?:time|uid|pk|action|created|date|type|published|eventType|log_id|uuid|event)$/

/** The body with a secret in each of its other texts. `faults` breaks its times, so that it becomes a dead letter. */
function plant(value: unknown, next: () => string, faults: boolean, key = ''): unknown {
  if (typeof value === 'string') {
    if (faults && /^(?:date|published)$/.test(key)) return 'no time'
    return FIXED.test(key) ? value : next()
  }
  if (Array.isArray(value)) return value.map((each) => plant(each, next, faults, key))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plant(each, next, faults, name)]))
}

test.each([
  ['keycloak', 'login', false],
  ['authentik', 'login', false],
  ['okta', 'system-log-array', false],
  ['okta', 'system-log-array', true],
  ['auth0', 'secret-in-description', false],
  ['auth0', 'secret-in-description', true],
] as const)(
  '%s (%s, faulty: %s): no secret is in a record, a dead letter, an answer, a log line or a metric',
  async (kind, name, faulty) => {
    const now = Date.now()
    const lines: string[] = []
    const signIns = inMemoryEmitter()
    const actions = inMemoryEmitter(audits)
    const whole = inMemoryEmitter(events)
    const letters: unknown[] = []
    const metrics = new Registry()
    const app = createCollector({
      telemetry: { log: pino({ level: 'debug' }, { write: (line) => void lines.push(line) }), metrics },
      emitters: { signIns, actions, events: whole },
      setAside: kafkaSetAside({ send: async (batch) => [letters.push(batch)] as never }, 'auth_audits', () => now),
      sources: openSources({ SOURCES: [{ name: kind, kind, secrets: [SECRET], secret_files: [] }] as never }),
      ready: () => undefined,
      now: () => now,
    })
    const secrets = fc.sample(fc.oneof(...plantedKinds), { numRuns: 10_000, seed: 7 })
    let used = 0
    const next = (): string => (secrets[used++ % secrets.length] as Planted).text
    const found = casesOf(kind).find((each) => each.name === name) as SourceCase
    let accepted = 0
    for (let count = 0; count < REQUESTS; count++) {
      const before = used
      const requests = found.requests.map((each) => ({
        ...each,
        body: plant(new Placeholders(now).fill(each.body), next, faulty),
      }))
      for (const { headers, payload } of readyRequests({ ...found, requests }, new Placeholders(now), SECRET)) {
        const answer = await app.inject({ method: 'POST', url: `/v1/sources/${kind}`, headers, payload })
        accepted += answer.statusCode === 200 ? 1 : 0
        const left = [
          answer.body,
          ...[signIns, actions, whole].map(({ records }) => JSON.stringify(records.slice(-10))),
          ...[lines.slice(-10).join(''), lettersText(letters.slice(-1))],
        ].join('\n')
        const leaked = secrets.slice(before, used).filter(({ secret }) => left.includes(secret))
        expect(leaked.map(({ kind: secretKind, text }) => `${secretKind}: ${text}`)).toEqual([])
      }
    }
    expect(accepted).toBe(REQUESTS * found.requests.length)
    expect(faulty ? letters.length : signIns.records.length + actions.records.length).toBeGreaterThan(0)
    const counted = await metrics.metrics()
    expect(secrets.filter(({ secret }) => counted.includes(secret))).toEqual([])
  },
  60_000,
)

/** Everything of a dead letter as text: values, keys and headers. */
function lettersText(letters: readonly unknown[]): string {
  return JSON.stringify(letters, (_, value) =>
    value?.type === 'Buffer' ? Buffer.from(value.data).toString('latin1') : value,
  )
}
