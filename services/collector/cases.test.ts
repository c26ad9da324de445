import { describe, expect, test } from 'vitest'
import { outcomeOf } from '../../schemas/derive/outcomes/outcome.js'
import { rfc3339FromMicros } from '../../schemas/streams/rfc3339.js'
import { caseKinds, casesOf, Placeholders, readyRequests } from '../../test/fixtures/sources/cases.js'
import { differences } from '../../test/fixtures/sources/expectation.js'
import { audits, authAudits, events, inMemoryEmitter } from '../emitter/index.js'
import { redact } from '../emitter/redaction/redact.js'
import { silentTelemetry } from '../runtime/telemetry.js'
import { createCollector } from './app.js'
import { openSources } from './sources/config.js'
import type { SetAsideEvent } from './webhooks/set_aside.js'

const SECRET = 'made-up-webhook-secret'
const outcome = outcomeOf(authAudits)

/** A collector with one source of each kind, and what it publishes as the API would show it. */
function collector(now: number) {
  const signIns = inMemoryEmitter()
  const actions = inMemoryEmitter(audits)
  const whole = inMemoryEmitter(events)
  const setAside: SetAsideEvent[] = []
  const app = createCollector({
    telemetry: silentTelemetry(),
    emitters: { signIns, actions, events: whole },
    setAside: { send: async (_source, events) => void setAside.push(...events) },
    sources: openSources({
      SOURCES: caseKinds.map((kind) => ({ name: kind, kind, secrets: [SECRET], secret_files: [] })) as never,
    }),
    ready: () => undefined,
    now: () => now,
  })
  const records = () => {
    const byId = new Map(
      signIns.records.map((record) => [
        record.event_id,
        { ...record.fields, time: rfc3339FromMicros(BigInt(record.time)), outcome: outcome?.(record.fields) },
      ]),
    )
    return [...byId.values()]
  }
  const wholeEvents = () => {
    const byId = new Map(whole.records.map(({ event_id, fields }) => [event_id, fields]))
    return [...byId.values()].map((fields) => ({
      ...fields,
      context: JSON.parse(fields.context ?? '{}'),
      user: JSON.parse(fields.user ?? '{}'),
    }))
  }
  const stored = () => JSON.stringify([records(), actions.records, whole.records, redact(setAside)])
  return { app, records, wholeEvents, stored }
}

describe.each(caseKinds)('%s', (kind) => {
  test.each(casesOf(kind).map((each) => [each.name, each.about, each] as const))(
    '%s: %s',
    async (_name, _about, each) => {
      const now = Date.now()
      const placeholders = new Placeholders(now)
      const { app, records, wholeEvents, stored } = collector(now)
      const answers: Awaited<ReturnType<typeof app.inject>>[] = []
      for (const request of readyRequests(each, placeholders, SECRET)) {
        const { method, headers, payload } = request
        const url = `/v1/sources/${kind}`
        answers.push(
          await app.inject({ method: method as 'POST', url, headers, ...(payload === '' ? {} : { payload }) }),
        )
      }
      const result = {
        answers: answers.map(({ statusCode, body }) => ({ status: statusCode, body })),
        records: records(),
        ...(kind === 'authentik' ? { events: wholeEvents() } : {}),
        kept: stored() + answers.map(({ body }) => body).join(),
      }
      expect(each.alternatives.map((expected) => differences(placeholders.fill(expected), result))).toContainEqual([])
    },
  )
})
