import fc from 'fast-check'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { plant, plantedCases } from '../../test/fixtures/redaction/plant.js'
import { type Planted, plantedKinds } from '../../test/fixtures/redaction/secrets.js'
import { casesOf, Placeholders, readyRequests, type SourceCase } from '../../test/fixtures/sources/cases.js'
import { audits, events, inMemoryEmitter } from '../emitter/index.js'
import { createCollector } from './app.js'
import { openSources } from './sources/config.js'
import { kafkaSetAside } from './webhooks/set_aside.js'

const SECRET = 'made-up-webhook-secret'
const REQUESTS = 100

test.each(plantedCases)(
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
