import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { seeded } from '../../chaos/random.js'
import { type Asked, buildReader, day, type Reader, type Shown } from '../../fixtures/query/reader.js'
import { kindOf, oddSignIns, timesOf } from '../../fixtures/records/odd_sign_ins.js'

/** Canvas's Authentications Log API over generated sign-ins, against a model. */
const random = seeded(Number(process.env.COMPAT_SEED ?? 1))
const records = oddSignIns(random, 300)
let reader: Reader

beforeAll(async () => {
  reader = await buildReader(inject('servers'))
  await reader.insert(records)
})

afterAll(() => reader.close())

const FIELDS = { logins: 'upstream_user_id', pseudonyms: 'upstream_user_id', accounts: 'org_id', users: 'user_id' }
const PATH = '/api/v1/audit/authentication'

async function page(url: string, organizations?: readonly string[]) {
  const headers = { authorization: await reader.authorization(organizations), host: 'canvas.example' }
  const response = await reader.app.inject({ url, headers })
  if (response.statusCode !== 200) throw new Error(`${response.statusCode}: ${response.body}`)
  const links = [...String(response.headers.link).matchAll(/<([^>]*)>; rel="(\w+)"/g)]
  return { ...response.json(), ...Object.fromEntries(links.map(([, address, relation]) => [relation, address])) }
}

/** Every event of an owner, by the links of its pages. */
async function all(owner: string, id: string, asked: Asked = {}, organizations?: readonly string[]) {
  const events: Shown[] = []
  const query = new URLSearchParams(
    Object.entries(asked).map(([name, value]): [string, string] => [name, String(value)]),
  )
  for (let url: string | undefined = `${PATH}/${owner}/${encodeURIComponent(id)}?${query}`; url !== undefined; ) {
    const { events: found, next } = await page(url, organizations)
    events.push(...found)
    url = next?.replace('http://canvas.example', '')
    expect(next === undefined || next !== url).toBe(true)
  }
  return events
}

function expected(owner: keyof typeof FIELDS, id: string, isShown: (record: Shown) => boolean = () => true) {
  const field = FIELDS[owner]
  const same = (value: string) =>
    field === 'upstream_user_id' ? value.toLowerCase() === id.toLowerCase() : value === id
  return records.filter(
    (record) =>
      record[field] !== undefined &&
      same(record[field]) &&
      ['login', 'logout'].includes(kindOf(record)) &&
      isShown(record),
  )
}

function idsOf(of: readonly Shown[], name = 'event_id') {
  return of.map((one) => one[name]).toSorted()
}

const owners = Object.keys(FIELDS) as (keyof typeof FIELDS)[]

describe.each(owners)('%s', (owner) => {
  const ids = [...new Set(records.flatMap((record) => record[FIELDS[owner]] ?? []))]

  it('have their log-ins and log-outs, each once, newest first', async () => {
    const found = await Promise.all(ids.map((id) => all(owner, id, { per_page: '7' })))
    for (const [index, id] of ids.entries()) {
      const [events, model] = [found[index] ?? [], expected(owner, id)]
      expect(idsOf(events, 'id'), id).toEqual(idsOf(model))
      expect(events.map(({ created_at }) => created_at)).toEqual(timesOf(model))
      const kinds = new Map(model.map((record) => [record.event_id, kindOf(record)]))
      for (const { id: event, event_type } of events) expect(event_type).toBe(kinds.get(event))
    }
    expect(found.flat().length).toBeGreaterThan(30)
  })
})

it.each([
  { start_time: `${day(3)}T12:10:00Z` },
  { end_time: `${day(3)}T12:20:00.020000Z` },
  { start_time: `${day(4)}T14:05:00.005000+02:00`, end_time: `${day(3)}T12:20:00.020000Z` },
  { start_time: `${day(3)}`, end_time: 'the other day' },
  { start_time: `${day(3)}T12:30:00Z`, end_time: `${day(3)}T12:00:00Z` },
])('keeps to %j', async (times: Asked) => {
  const [from = '0', until = '9'] = [times.start_time, times.end_time].map((time) => {
    const at = time === undefined ? Number.NaN : Date.parse(String(time))
    return Number.isNaN(at) ? undefined : new Date(at).toISOString().replace('Z', '000Z')
  })
  for (const id of ['org-1', '漢字']) {
    const model = expected('accounts', id, ({ time = '' }) => time >= from && time <= until)
    expect(idsOf(await all('accounts', id, times), 'id')).toEqual(idsOf(model))
  }
})

it('has nothing of an id that nobody has, or of an empty one', async () => {
  expect(await all('users', 'nobody')).toEqual([])
  expect(await all('users', 'unknown')).toEqual([])
  const response = await reader.ask({}, undefined, reader.app, `${PATH}/users/`)
  expect(response.statusCode).toBe(404)
})

it('shows a caller its own organizations alone', async () => {
  const model = expected('users', 'ada', ({ org_id }) => org_id === 'org-1')
  expect(model.length).toBeGreaterThan(0)
  expect(idsOf(await all('users', 'ada', {}, ['org-1']), 'id')).toEqual(idsOf(model))
  expect(await all('accounts', 'org/2', {}, ['org-1'])).toEqual([])
})

it('names the logins, accounts and users of a page once each', async () => {
  const { events, linked } = await page(`${PATH}/accounts/org-1?per_page=100`)
  for (const [name, member] of [
    ['logins', 'pseudonym_id'],
    ['accounts', 'account_id'],
    ['users', 'user_id'],
  ] as const) {
    const named = new Set(events.flatMap((event: Shown) => event[member] ?? []))
    expect(idsOf(linked[name], 'id')).toEqual([...named].toSorted())
  }
})
