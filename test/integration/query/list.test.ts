import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { parameters } from '../../../schemas/derive/parameters.js'
import { authAudits } from '../../../schemas/streams/index.js'
import { buildReader, day, type Reader, shown } from '../../fixtures/query/reader.js'

const DAY = day(3)
const NEXT_DAY = day(2)

let reader: Reader

beforeAll(async () => {
  reader = await buildReader(inject('servers'))
})

afterAll(() => reader.close())

describe('records', () => {
  it('are returned field by field, without absent fields', async () => {
    const fields = Object.fromEntries(authAudits.fields.map(({ name }) => [name, `${name} of fields’ test`]))
    const whole = shown({ ...fields, trace_id: 'fields', time: `${DAY}T12:00:00.123456Z` })
    const bare = shown({ trace_id: 'fields' })
    await reader.insert([bare, whole])
    expect(await reader.list({ trace_id: 'fields' })).toEqual([whole, bare])
  })

  it('are found by the filter of each field, and not by other values', async () => {
    const isAddress = (name: string) => name === 'source_ip'
    const valueFor = (name: string) => (isAddress(name) ? '2001:db8::abc' : `found by ${name}`)
    const fields = Object.fromEntries(authAudits.fields.map(({ name }) => [name, valueFor(name)]))
    const wanted = shown(fields)
    await reader.insert([wanted])
    for (const parameter of parameters(authAudits)) {
      if (parameter.kind !== 'field' || parameter.excludes === true) continue
      const value = valueFor(parameter.field)
      const [other, third] = isAddress(parameter.field) ? [`${value}d`, '::1'] : [`${value}!`, '?']
      const otherCase = parameter.match === 'equals' ? [] : [wanted]
      expect(await reader.list({ [parameter.name]: value }), parameter.name).toEqual([wanted])
      expect(await reader.list({ [parameter.name]: value.toUpperCase() }), parameter.name).toEqual(otherCase)
      expect(await reader.list({ [parameter.name]: [other, value, third] }), parameter.name).toEqual([wanted])
      expect(await reader.list({ [parameter.name]: other }), parameter.name).toEqual([])
    }
  })

  it('are found by their ids', async () => {
    const [first, second, third] = [shown({}), shown({}), shown({})] as const
    await reader.insert([first, second, third])
    const ids = [first, third].map(({ event_id = '' }) => event_id.toUpperCase())
    const found = await reader.list({ event_id: [...ids, '019b76da-a800-7000-8000-0123456789ab'] })
    expect(new Set(found)).toEqual(new Set([first, third]))
  })

  it('are found by text in the user agent, ignoring case, and not by other text', async () => {
    const agents = ['Mozilla/5.0 Firefox/140.0', 'curl/8.5 (100%)', 'Příliš ŽLUŤOUČKÝ kůň', '漢字 😀 _', '']
    await reader.insert(
      agents.map((user_agent, index) => shown({ trace_id: 'agents', user_agent, client_id: `${index}` })),
    )
    const found = async (user_agent: string | string[]) =>
      (await reader.list({ trace_id: 'agents', user_agent })).map(({ client_id }) => Number(client_id)).toSorted()
    expect(await found('fireFOX')).toEqual([0])
    expect(await found(['firefox', 'CURL'])).toEqual([0, 1])
    expect(await found('%')).toEqual([1])
    expect(await found('_')).toEqual([3])
    expect(await found('žluťoučký')).toEqual([2])
    expect(await found('字 😀')).toEqual([3])
    expect(await found(['.', '\\', "'", '\0'])).toEqual([0, 1])
    expect(await found(Array.from({ length: 10 }, (_, index) => `no such ${index}`))).toEqual([])
  })

  it('are found by any text, which is never part of the SQL', async () => {
    const quotes = ["'", "' OR 1=1 --", '\\', '\\N', '\\0', '{user_id:String}', '["a"]']
    const texts = [...quotes, '\0', '\n\t\r', '%', 'NONE at all', '漢字 😀']
    await reader.insert(texts.map((user_id) => shown({ user_id, trace_id: 'texts' })))
    for (const text of texts) {
      const found = await reader.list({ user_id: text, trace_id: 'texts' })
      expect(found.map(({ user_id }) => user_id)).toEqual([text])
    }
    expect(await reader.list({ user_id: texts, trace_id: 'texts' })).toHaveLength(texts.length)
  })

  it('are returned once if their producer sent them twice', async () => {
    const twice = shown({ trace_id: 'twice' })
    await reader.insert([twice])
    await reader.insert([twice])
    expect(await reader.list({ trace_id: 'twice' })).toEqual([twice])
  })
})

describe('time', () => {
  const times = [
    `${DAY}T11:59:59.999999Z`,
    `${DAY}T12:00:00.000000Z`,
    `${DAY}T12:00:00.000001Z`,
    `${DAY}T12:00:00.000002Z`,
    `${NEXT_DAY}T00:00:00.000000Z`,
  ] as const

  beforeAll(() => reader.insert(times.map((time) => shown({ trace_id: 'times', time }))))

  async function found(asked: Readonly<Record<string, string>>): Promise<(string | undefined)[]> {
    return (await reader.list({ trace_id: 'times', ...asked })).map(({ time }) => time)
  }

  it('goes from newest to oldest, across hours and days', async () => {
    expect(await found({})).toEqual(times.toReversed())
  })

  it('is limited to the microsecond: the first bound is inclusive, the second exclusive', async () => {
    expect(await found({ dt_from: times[1], dt_to: times[3] })).toEqual([times[2], times[1]])
    expect(await found({ dt_from: times[1], dt_to: times[1] })).toEqual([])
  })

  it('must not end before it begins', async () => {
    const answer = await reader.ask({ dt_from: times[3], dt_to: times[1] })
    expect(answer.statusCode).toBe(400)
    expect(answer.json().detail).toBe('dt_to: is before dt_from.')
  })

  it('is cut to the newest by a limit, with the cursor to continue', async () => {
    const first = (await reader.ask({ trace_id: 'times', limit: '2' })).json()
    expect(first.limit).toBe(2)
    expect(first.auth_audits.map(({ time }: { time: string }) => time)).toEqual([times[4], times[3]])
    expect(await found({ limit: '1', dt_to: first.page_at_id })).toEqual([times[2]])
  })

  it('may have bounds where no record can be', async () => {
    expect(await found({ dt_from: '9999-12-31', dt_to: '9999-12-31T23:59:59Z' })).toEqual([])
    expect(await found({ dt_to: '0000-01-01' })).toEqual([])
    expect(await found({ dt_from: '0001-01-01T00:00:00Z', dt_to: '9999-12-31T23:59:59Z' })).toEqual(times.toReversed())
  })
})

it('answers like a model of the service, for every caller and request', async () => {
  let seed = 20_261_005
  const pick = <T>(values: readonly T[]): T => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return values[(seed >>> 8) % values.length] as T
  }
  const orgs = ['', 'o1', 'o2', 'o3']
  const events = ['', 'Success', 'Failure']
  const moment = (n: number) => `${DAY}T${String(n % 24).padStart(2, '0')}:00:00.${String(n).padStart(6, '0')}Z`
  const records = Array.from({ length: 400 }, (_, index) => {
    const fields = { org_id: pick(orgs), login_org_id: pick(orgs), event: pick(events) }
    const present = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''))
    return shown({ ...present, trace_id: 'model', time: moment(index) })
  })
  await reader.insert(records)
  const newestFirst = records.toSorted((a, b) => String(b.time).localeCompare(String(a.time)))

  for (let round = 0; round < 150; round++) {
    const own = pick([['*'], ['o1'], ['o2', 'o3'], ['nobody'], ['o1', '*']])
    const all = own.length === 1 && own[0] === '*'
    const bounds = { org_id: pick(orgs), login_org_id: pick(orgs), event: pick(events) }
    const asked = { ...bounds, dt_from: moment(pick([0, 7, 23, 200])) }
    const expected = newestFirst.filter(
      ({ org_id = '', login_org_id = '', event = '', time = '' }) =>
        (all || own.includes(org_id) || own.includes(login_org_id)) &&
        (asked.org_id === '' || asked.org_id === org_id) &&
        (asked.login_org_id === '' || asked.login_org_id === login_org_id) &&
        (asked.event === '' || asked.event === event) &&
        time >= asked.dt_from,
    )
    expect(await reader.list({ trace_id: 'model', ...asked }, own), JSON.stringify({ own, asked })).toEqual(expected)
  }
})
