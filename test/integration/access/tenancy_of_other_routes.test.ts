import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { microsFromRfc3339, rfc3339FromMicros } from '../../../schemas/streams/rfc3339.js'
import { seeded } from '../../chaos/random.js'
import { buildExporter, type Exporter } from '../../fixtures/query/exporter.js'
import { type Asked, buildReader, day, type Reader, type Shown } from '../../fixtures/query/reader.js'
import { kindOf, nameOf } from '../../fixtures/records/odd_sign_ins.js'
import { storedTopic } from '../../fixtures/records/stored_topic.js'
import { fits, mayRead, type Own, randomAsked, randomOwn, tenantRecords } from '../../fixtures/records/tenants.js'

/** As in tenancy_of_lists.test.ts; a quarter as many requests for each route that is not a list. */
const REQUESTS = Number(process.env.TENANCY_REQUESTS ?? 400) / 4
const SEED = Number(process.env.TENANCY_SEED ?? 1)
const AT_ONCE = 4

const random = seeded(SEED)
const records = tenantRecords(random, 600)
let reader: Reader
let exporter: Exporter

beforeAll(async () => {
  reader = await buildReader(inject('servers'))
  exporter = await buildExporter(reader, { perPrincipal: AT_ONCE })
  await storedTopic(reader.client('ingest')).add(0, records)
})

afterAll(async () => {
  await exporter.app.close()
  await reader.close()
})

/** A route that is not a list. */
interface Reading {
  /** What the service returns to a principal. */
  shown(own: Own, asked: Asked): Promise<readonly unknown[]>
  /** What it must return: from the records in order of arrival that match and that the principal may read. */
  model(of: readonly Shown[]): readonly unknown[]
  /** Whether a record matches what only this route can be asked. */
  fits?(record: Shown, asked: Asked): boolean
}

const BY = ['org_id', 'login_org_id', 'outcome']

const readings: Readonly<Record<string, Reading>> = {
  counts: {
    async shown(own, asked) {
      const times = { dt_from: day(30), dt_to: day(-1) }
      const { counts } = await answer('/v1/auth_audits/counts', own, { ...times, ...asked, by: BY.join(',') })
      return sorted(counts.map((group: object) => JSON.stringify(Object.entries(group).sort())))
    },
    model(of) {
      const groups = new Map<string, number>()
      for (const record of of) {
        const group = JSON.stringify(BY.flatMap((field) => (record[field] ? [[field, record[field]]] : [])))
        groups.set(group, (groups.get(group) ?? 0) + 1)
      }
      return sorted(
        [...groups].map(([group, count]) => JSON.stringify([['count', count], ...JSON.parse(group)].sort())),
      )
    },
  },

  values: {
    async shown(own, asked) {
      const times = { dt_from: day(30), dt_to: day(-1) }
      return sorted((await answer('/v1/auth_audits/values', own, { ...times, ...asked, field: 'org_id' })).values)
    },
    model: (of) => sorted([...new Set(of.flatMap(({ org_id = '' }) => (org_id === '' ? [] : [org_id])))]),
  },

  'an export': {
    async shown(own, asked) {
      const text = await exporter.text(asked, { organizations: own })
      return sorted(text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line).event_id])))
    },
    model: (of) => sorted(idsOf(of)),
  },

  changes: {
    async shown(own, { dt_from: _from, dt_to: _to, ...asked }) {
      const ids: string[] = []
      for (let after = 'beginning'; ; ) {
        const { auth_audits, next, more } = await answer('/v1/auth_audits/changes', own, {
          ...asked,
          limit: '50',
          after,
        })
        ids.push(...idsOf(auth_audits))
        if (!more) return ids
        after = next
      }
    },
    model: idsOf,
  },

  'Canvas’s events': {
    async shown(own, { org_id, dt_from, dt_to }) {
      const end = dt_to === undefined ? {} : { end_time: justBefore(String(dt_to)) }
      const times = { ...(dt_from === undefined ? {} : { start_time: String(dt_from) }), ...end }
      const ids: string[] = []
      const first = `/api/v1/audit/authentication/accounts/${encodeURIComponent(String(org_id))}?`
      for (let path: string | undefined = first + new URLSearchParams({ ...times, per_page: '40' }); path; ) {
        const page: Linked<CanvasPage> = await linked(path, own)
        ids.push(...page.body.events.map(({ id }) => id))
        path = page.next
      }
      return sorted(ids)
    },
    model: (of) => sorted(idsOf(of.filter((record) => ['login', 'logout'].includes(kindOf(record))))),
  },

  'Okta’s log': {
    async shown(own, { trace_id, dt_from = day(30), dt_to = day(-1) }) {
      const filter = [trace_id ?? []].flat().map((trace) => `transaction.id eq "${trace}"`)
      const times = { since: String(dt_from), until: String(dt_to) }
      return sorted(await logs({ ...times, filter: filter.join(' or '), limit: '40' }, own))
    },
    model: (of) => sorted(idsOf(of)),
  },

  'Okta’s log, polled': {
    async shown(own, { trace_id }) {
      const filter = [trace_id ?? []].flat().map((trace) => `transaction.id eq "${trace}"`)
      return sorted(await logs({ since: day(30), filter: filter.join(' or '), limit: '40' }, own))
    },
    model: (of) => sorted(idsOf(of)),
  },

  'authentik’s events': {
    async shown(own, asked) {
      const ids: string[] = []
      for (let page = 1; page !== 0; ) {
        const query = { page: String(page), page_size: '100', ...asked }
        const { results, pagination } = await answer('/api/v3/events/events/', own, query)
        ids.push(...results.map(({ pk }: { pk: string }) => pk))
        page = pagination.next
      }
      return sorted(ids)
    },
    model: (of) => sorted(idsOf(of)),
    fits: ofUser,
  },

  'authentik’s counts': {
    fits: ofUser,
    async shown(own, asked) {
      const query = { history_days: '30', ...asked }
      const counts = new Map<string, number>()
      for (const { action, count } of await answer('/api/v3/events/events/volume/', own, query)) {
        counts.set(action, (counts.get(action) ?? 0) + count)
      }
      return sorted([...counts].map(([action, count]) => `${action} ${count}`))
    },
    model(of) {
      const counts = new Map<string, number>()
      for (const record of of) {
        const kind = kindOf(record)
        const action = kind === 'other' ? 'custom_' : kind
        counts.set(action, (counts.get(action) ?? 0) + 1)
      }
      return sorted([...counts].map(([action, count]) => `${action} ${count}`))
    },
  },

  'a sign-in': {
    async shown(own, { trace_id }) {
      const response = await reader.ask({}, own, reader.app, `/v1/sign_ins/${trace_id}`)
      if (response.statusCode === 404) return []
      if (response.statusCode !== 200) throw new Error(`${response.statusCode}: ${response.body}`)
      return sorted(idsOf(response.json().stages))
    },
    model: (of) => sorted(idsOf(of)),
  },
}

function ofUser(record: Shown, { username }: Asked): boolean {
  return username === undefined || username === nameOf(record)
}

async function answer(path: string, own: Own, asked: Asked) {
  const response = await reader.ask(asked, own, reader.app, path)
  if (response.statusCode !== 200)
    throw new Error(`${response.statusCode}: ${response.body} to ${JSON.stringify(asked)}`)
  return response.json()
}

interface CanvasPage {
  readonly events: readonly { readonly id: string }[]
}

type OktaPage = readonly { readonly uuid: string }[]

interface Linked<Body> {
  readonly body: Body
  /** The path of the next page, if there is one. */
  readonly next: string | undefined
}

async function linked<Body>(path: string, own: Own): Promise<Linked<Body>> {
  const headers = { authorization: await reader.authorization(own), host: 'other.example' }
  const response = await reader.app.inject({ url: path, headers })
  if (response.statusCode !== 200) throw new Error(`${response.statusCode}: ${response.body} to ${path}`)
  const next = /<([^>]*)>; rel="next"/.exec(String(response.headers.link))?.[1]
  return { body: response.json(), next: next?.replace('http://other.example', '') }
}

/** The ids of Okta's events, page by page, until one is empty or has no next. */
async function logs(query: Readonly<Record<string, string>>, own: Own): Promise<readonly string[]> {
  const ids: string[] = []
  for (let path: string | undefined = `/api/v1/logs?${new URLSearchParams(query)}`; path !== undefined; ) {
    const page: Linked<OktaPage> = await linked(path, own)
    ids.push(...page.body.map(({ uuid }) => uuid))
    path = page.body.length === 0 ? undefined : page.next
  }
  return ids
}

/** The last microsecond before a time. */
function justBefore(time: string): string {
  return rfc3339FromMicros((microsFromRfc3339(time) as bigint) - 1n)
}

function idsOf(of: readonly Shown[]): readonly string[] {
  return of.map(({ event_id = '' }) => event_id)
}

function sorted(of: readonly string[]): readonly string[] {
  return of.toSorted()
}

/** Routes whose answers no time bounds. */
const TIMELESS = ['changes', 'Okta’s log, polled']

/** `None` is an id in a path; as a parameter, it would be no filter. */
function organization(): string {
  const { org_id = 'o1' } = random.pick(records)
  return org_id === 'None' ? 'o1' : org_id
}

function times(): Asked {
  const [first = '', second = ''] = [random.pick(records).time, random.pick(records).time].map(String).toSorted()
  return {
    ...(random.fraction() < 0.5 ? { dt_from: first } : {}),
    ...(random.fraction() < 0.5 ? { dt_to: second } : {}),
  }
}

function traces(): Asked {
  const picked = Array.from({ length: random.between(0, 2) }, () => random.pick(records).trace_id ?? '')
  return picked.length === 0 ? {} : { trace_id: picked }
}

/** A request to a route: filters, without pagination. */
function filters(name: string): Asked {
  if (name === 'a sign-in') return { trace_id: random.pick(records).trace_id ?? '' }
  if (name === 'Canvas’s events') return { ...times(), org_id: organization() }
  if (name.startsWith('authentik')) return random.fraction() < 0.3 ? {} : { username: nameOf(random.pick(records)) }
  if (name.startsWith('Okta')) return { ...times(), ...traces() }
  const { limit: _limit, page_sort: _sort, search_direction: _direction, ...asked } = randomAsked(random, records, [])
  return asked
}

/**
 * Sends requests as one principal and compares the answers with what another may read. Returns the requests with wrong
 * answers, and how many records were returned.
 */
async function ask(name: string, requests: number, judgedAs: (own: Own) => Own) {
  const reading = readings[name] as Reading
  const wrong: object[] = []
  let seen = 0
  for (let begun = 0; begun < requests; begun += AT_ONCE) {
    const questions = Array.from({ length: AT_ONCE }, () => ({ own: randomOwn(random), asked: filters(name) }))
    const answers = await Promise.all(questions.map(({ own, asked }) => reading.shown(own, asked)))
    for (const [index, { own, asked }] of questions.entries()) {
      const timeless = TIMELESS.includes(name) ? { ...asked, dt_from: '', dt_to: '9999' } : asked
      const expected = reading.model(
        records.filter(
          (one) => mayRead(judgedAs(own), one) && fits(one, timeless) && (reading.fits?.(one, asked) ?? true),
        ),
      )
      const found = answers[index] ?? []
      seen += found.length
      if (JSON.stringify(found) !== JSON.stringify(expected)) wrong.push({ own, asked })
    }
  }
  return { wrong, seen }
}

describe.each(Object.keys(readings))(`${REQUESTS} requests of seed ${SEED} for %s`, (name) => {
  it('return what the principal may read, and nothing else', async () => {
    const { wrong, seen } = await ask(name, REQUESTS, (own) => own)
    expect(wrong).toEqual([])
    expect(seen).toBeGreaterThan(REQUESTS / 2)
  }, 1_800_000)

  it('would be caught returning more', async () => {
    expect((await ask(name, 40, () => ['nobody'])).wrong.length).toBeGreaterThan(10)
  })
})
