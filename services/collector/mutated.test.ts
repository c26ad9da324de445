import { isUtf8 } from 'node:buffer'
import { expect, test } from 'vitest'
import { seeded } from '../../test/chaos/random.js'
import { caseKinds, casesOf, Placeholders, proofOf, readyRequests } from '../../test/fixtures/sources/cases.js'
import { mutated } from '../../test/fixtures/sources/mutations.js'
import { audits, events, inMemoryEmitter } from '../emitter/index.js'
import { silentTelemetry } from '../runtime/telemetry.js'
import { createCollector } from './app.js'
import { openSources } from './sources/config.js'
import type { SetAsideEvent } from './webhooks/set_aside.js'

const SECRET = 'made-up-webhook-secret'
/** How many webhooks of each kind; CI sends 20,000. */
const RUNS = Number(process.env.WEBHOOK_RUNS ?? 1_000)
/** The in-memory emitter acknowledges after a moment. */
const AT_ONCE = 100
const SEED = Number(process.env.WEBHOOK_SEED ?? 1)

type Kind = (typeof caseKinds)[number]

function collector(kind: Kind) {
  const telemetry = silentTelemetry()
  const emitters = {
    signIns: inMemoryEmitter(),
    actions: inMemoryEmitter(audits),
    events: inMemoryEmitter(events),
  }
  const setAside: SetAsideEvent[] = []
  const app = createCollector({
    telemetry,
    emitters,
    setAside: { send: async (_source, events) => void setAside.push(...events) },
    sources: openSources({ SOURCES: [{ name: kind, kind, secrets: [SECRET], secret_files: [] }] as never }),
    ready: () => undefined,
  })
  const stored = () => Object.values(emitters).reduce((sum, { records }) => sum + records.length, 0)
  // authentik's events are all kept whole, and sign-ins are records of `auth_audits` too.
  const storedEvents = () => (kind === 'authentik' ? emitters.events.records.length : stored())
  return { app, metrics: telemetry.metrics, stored, storedEvents, setAside }
}

/** How many events a body has, as the provider's documentation has it. */
function eventsIn(kind: Kind, body: Buffer): number {
  return entriesIn(kind, body)?.length ?? 1
}

/** Whether a body has the outer form of a provider's webhook, whatever its events are. */
function isWebhook(kind: Kind, body: Buffer): boolean {
  return entriesIn(kind, body) !== undefined
}

function entriesIn(kind: Kind, body: Buffer): readonly unknown[] | undefined {
  if (kind === 'keycloak' || kind === 'authentik') return undefined
  const value = json(body)
  if (kind === 'okta' && !isUtf8(body)) return undefined
  if (Array.isArray(value)) return value
  if (kind === 'okta') {
    const events = (value as { data?: { events?: unknown } } | null | undefined)?.data?.events
    return Array.isArray(events) ? events : undefined
  }
  if (value !== undefined) return [value]
  const lines = body
    .toString()
    .split('\n')
    .filter((line) => line.trim() !== '')
  return lines.some((line) => !['undefined', 'string'].includes(typeof (json(line) ?? ''))) ? lines : undefined
}

function json(text: string | Buffer): unknown {
  try {
    return JSON.parse(text.toString())
  } catch {
    return undefined
  }
}

interface Answer {
  readonly event_ids: readonly string[]
  readonly ignored: readonly string[]
  readonly set_aside: readonly object[]
}

/** What is wrong with a refusal: it must be a 4xx that says why. */
function refusalFault(kind: Kind, status: number, answer: { detail?: string }, payload: Buffer): string | false {
  // An empty body proves nothing where the proof is a secret.
  if (payload.length === 0 && kind !== 'keycloak') return status !== 401 && 'an empty body is no webhook'
  if (status !== 422) return 'it must be a 422'
  // Okta and Auth0 stop sending after refusals, so one event alone refuses nothing.
  if ((kind === 'okta' || kind === 'auth0') && isWebhook(kind, payload)) return 'events are refused'
  return !/^The (body is not a webhook|record is not valid)/.test(answer.detail ?? '') && 'it must say why'
}

test.each(caseKinds)(
  'of %s’s broken webhooks none fails, and every event of each is stored, ignored, set aside or rejected',
  async (kind) => {
    const { app, metrics, stored, storedEvents, setAside } = collector(kind)
    const random = seeded(SEED)
    const bodies = casesOf(kind)
      .flatMap((each) => readyRequests(each, new Placeholders(Date.now()), SECRET))
      .map(({ payload }) => payload)
      .filter((payload) => payload !== '')
    const answered = { records: 0, ignored: 0, setAside: 0, webhooks: 0 }

    async function send(run: number, payload: Buffer): Promise<void> {
      const headers = { 'content-type': 'application/json', ...proofOf(kind, payload, 'right', SECRET) }
      const url = `/v1/sources/${kind}`
      const { statusCode, body } = await app.inject({ method: 'POST', url, headers, payload })
      const answer = JSON.parse(body)
      const fault = statusCode === 200 ? count(answer, payload) : refusalFault(kind, statusCode, answer, payload)
      if (fault) expect.fail(`run ${run}: ${fault}: ${statusCode} ${body}\n${payload}`)
    }

    function count(answer: Answer, payload: Buffer): string | false {
      answered.records += answer.event_ids.length
      answered.ignored += answer.ignored.length
      answered.setAside += answer.set_aside.length
      answered.webhooks += 1
      const events = answer.event_ids.length + answer.ignored.length + answer.set_aside.length
      return events !== eventsIn(kind, payload) && 'an event is missing'
    }

    for (let run = 0; run < RUNS; run += AT_ONCE) {
      const payloads = Array.from({ length: Math.min(AT_ONCE, RUNS - run) }, () => mutated(random.pick(bodies), random))
      await Promise.all(payloads.map((payload, index) => send(run + index, payload)))
    }
    const value = async (name: string, labels: object = {}) => {
      const { values } = (await metrics.getSingleMetric(name)?.get()) ?? { values: [] }
      return values
        .filter((each) => Object.entries(labels).every(([label, text]) => each.labels[label] === text))
        .reduce((sum, each) => sum + each.value, 0)
    }
    expect({
      records: await value('gatelog_collector_records_total'),
      ignored: await value('gatelog_collector_ignored_events_total'),
      setAside: await value('gatelog_collector_set_aside_events_total'),
      webhooks:
        (await value('gatelog_collector_webhooks_total', { outcome: 'accepted' })) +
        (await value('gatelog_collector_webhooks_total', { outcome: 'ignored' })),
    }).toEqual({ ...answered, records: stored() })
    expect(await value('gatelog_collector_webhooks_total')).toBe(RUNS)
    expect({ records: storedEvents(), setAside: setAside.length }).toEqual({
      records: answered.records,
      setAside: answered.setAside,
    })
    // The broken ones are of every kind.
    expect(answered.records).toBeGreaterThan(RUNS / 10)
    expect(RUNS - answered.webhooks).toBeGreaterThan(RUNS / 10)
  },
  300_000,
)
