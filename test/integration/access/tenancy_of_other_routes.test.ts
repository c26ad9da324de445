import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { seeded } from '../../chaos/random.js'
import { buildExporter, type Exporter } from '../../fixtures/query/exporter.js'
import { type Asked, buildReader, day, type Reader, type Shown } from '../../fixtures/query/reader.js'
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

async function answer(path: string, own: Own, asked: Asked) {
  const response = await reader.ask(asked, own, reader.app, path)
  if (response.statusCode !== 200)
    throw new Error(`${response.statusCode}: ${response.body} to ${JSON.stringify(asked)}`)
  return response.json()
}

function idsOf(of: readonly Shown[]): readonly string[] {
  return of.map(({ event_id = '' }) => event_id)
}

function sorted(of: readonly string[]): readonly string[] {
  return of.toSorted()
}

/** A request to a route: filters, without pagination. */
function filters(name: string): Asked {
  if (name === 'a sign-in') return { trace_id: random.pick(records).trace_id ?? '' }
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
      const timeless = name === 'changes' ? { ...asked, dt_from: '', dt_to: '9999' } : asked
      const expected = reading.model(records.filter((one) => mayRead(judgedAs(own), one) && fits(one, timeless)))
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
    expect(seen).toBeGreaterThan(REQUESTS)
  }, 1_800_000)

  it('would be caught returning more', async () => {
    expect((await ask(name, 40, () => ['nobody'])).wrong.length).toBeGreaterThan(10)
  })
})
