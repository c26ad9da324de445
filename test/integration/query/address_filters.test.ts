import { randomUUID } from 'node:crypto'
import { isIP } from 'node:net'
import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { addressPrefixesSql, prefixesOf } from '../../../schemas/derive/address_prefixes.js'
import { addressRange, canonicalAddress } from '../../../schemas/streams/ip_address.js'
import { clickhouseDatabase } from '../../../services/query/clickhouse/database.js'
import { buildExporter, type Exporter } from '../../fixtures/query/exporter.js'
import { type Asked, buildReader, day, type Reader, type Shown, shown } from '../../fixtures/query/reader.js'
import { storedTopic } from '../../fixtures/records/stored_topic.js'

const never = new AbortController().signal

let reader: Reader
let exporter: Exporter

beforeAll(async () => {
  reader = await buildReader(inject('servers'))
  exporter = await buildExporter(reader)
  await storedTopic(reader.client('ingest')).add(0, records)
  await reader.client('migrate').command({ query: 'OPTIMIZE TABLE auth_audits FINAL' })
})

afterAll(async () => {
  await exporter.app.close()
  await reader.close()
})

/** Addresses of few networks, so that each range has some; and text that is none. */
const bytes = (length: number) =>
  fc.array(fc.constantFrom(0, 0, 1, 2, 32, 127, 128, 192, 255), { minLength: length, maxLength: length })
const address = fc.oneof(bytes(4), bytes(16)).map((each) => canonicalAddress(ipaddr.fromByteArray(each).toString()))
const text = fc.oneof({ weight: 20, arbitrary: address }, fc.constantFrom('', 'host.example', '192.0.2', '1::2::3'))

const records: readonly Shown[] = fc.sample(text, { numRuns: 4_000, seed: 3 }).map((source_ip, index) => {
  const second = String(index % 60).padStart(2, '0')
  return shown({
    event_id: randomUUID(),
    ...(source_ip === undefined || source_ip === '' ? {} : { source_ip }),
    user_id: `u${index}`,
    org_id: index % 3 === 0 ? 'mine' : 'others',
    time: `${day(2)}T12:${String(Math.floor(index / 60) % 60).padStart(2, '0')}:${second}.000000Z`,
  })
})

/** Whether a record's address is in one of the ranges, as a library says. */
function isIn(source_ip: string | undefined, ranges: readonly string[]): boolean {
  if (source_ip === undefined || isIP(source_ip) === 0) return false
  const own = ipaddr.parse(source_ip)
  return ranges.some((range) => {
    const [network, length] = ipaddr.parseCIDR(range.includes('/') ? range : `${range}/${isIP(range) === 4 ? 32 : 128}`)
    return own.kind() === network.kind() && own.match(network as never, length)
  })
}

/** What every way to read finds: the users of the records, sorted. */
const routes: Readonly<Record<string, (asked: Asked, own: readonly string[]) => Promise<readonly string[] | number>>> =
  {
    list: async (asked, own) => usersOf(await reader.list({ limit: '10000', ...asked }, own)),
    changes: async (asked, own) => {
      const answer = await reader.ask({ limit: '10000', ...asked }, own, reader.app, '/v1/auth_audits/changes')
      return usersOf(answer.json().auth_audits)
    },
    export: async (asked, own) => {
      const lines = await exporter.text({ format: 'ndjson', ...asked }, { organizations: own })
      return usersOf(lines.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Shown])))
    },
    counts: async (asked, own) => {
      const bounds = { dt_from: day(3), dt_to: day(1) }
      const answer = await reader.ask({ ...bounds, ...asked }, own, reader.app, '/v1/auth_audits/counts')
      return (answer.json().counts[0]?.count ?? 0) as number
    },
  }

function usersOf(found: readonly Shown[]): readonly string[] {
  return found.map(({ user_id = '' }) => user_id).toSorted()
}

describe.each(Object.keys(routes))('%s', (name) => {
  const route = routes[name] as (typeof routes)[string]

  it.each([
    [['192.0.0.0/24']],
    [['192.0.0.0/16']],
    [['192.0.0.0/20']],
    [['192.0.0.0/15', '127.0.0.0/8']],
    [['0.0.0.0/0']],
    [['::/0']],
    [['::/64']],
    [['2000::/8', '192.128.1.2']],
    [['200:100::/32']],
    [['ff00::/10', '::1']],
  ])('finds the records of %j, and no others', async (ranges) => {
    for (const own of [['*'], ['mine']]) {
      const expected = records.filter(
        ({ source_ip, org_id }) => isIn(source_ip, ranges) && (own[0] === '*' || org_id === 'mine'),
      )
      const found = await route({ source_ip: ranges }, own)
      expect(found).toEqual(typeof found === 'number' ? expected.length : usersOf(expected))
      const others = records.filter((each) => (own[0] === '*' || each.org_id === 'mine') && !expected.includes(each))
      const left = await route({ not_source_ip: ranges }, own)
      expect(left).toEqual(typeof left === 'number' ? others.length : usersOf(others))
    }
  })

  it('finds an address in any form', async () => {
    const [first = ''] = records.flatMap(({ source_ip = '' }) => (isIP(source_ip) === 4 ? [source_ip] : []))
    const expected = await route({ source_ip: first }, ['*'])
    for (const form of [`::ffff:${first}`, `${first}:443`, ` [::FFFF:${first}]:80`]) {
      expect(await route({ source_ip: form }, ['*'])).toEqual(expected)
    }
  })
})

it('the prefixes that the index has are those that a range names', async () => {
  const addresses = [...new Set(records.flatMap(({ source_ip = '' }) => (isIP(source_ip) === 0 ? [] : [source_ip])))]
  const rows = await clickhouseDatabase(reader.client('query')).rows(
    {
      query: `SELECT source_ip, ${addressPrefixesSql('source_ip').join(', ')} FROM (SELECT arrayJoin({addresses:Array(String)}) AS source_ip)`,
      query_params: { addresses },
    },
    never,
  )
  expect(rows).toHaveLength(addresses.length)
  for (const [own = '', ...prefixes] of rows) {
    const lengths = isIP(own) === 4 ? [24, 16] : [48, 32]
    const named = lengths.map((length) => {
      const range = addressRange(`${own}/${length}`)
      return range && prefixesOf(range)?.[0]
    })
    expect([...new Set(prefixes)], own).toEqual([...new Set(named)])
  }
})

describe('a user of an identity provider', () => {
  const users = ['Ada@Example.com', 'ADA@EXAMPLE.COM', 'ada@example.com', 'ÅSA@Örnsköldsvik.example', 'ΟΔΟΣ', 'bob']
  beforeAll(async () => {
    const named = users.map((upstream_user_id, index) =>
      shown({ upstream_user_id, user_id: `named ${index}`, org_id: 'mine', time: `${day(2)}T13:00:0${index}.000000Z` }),
    )
    await storedTopic(reader.client('ingest')).add(0, named)
  })

  it.each([
    [['aDa@eXample.com'], 3],
    [['åsa@örnsköldsvik.EXAMPLE', 'BOB'], 2],
    [['οδος'], 1],
    [['ada@example.co'], 0],
  ])('is found in any case: %j', async (upstream_user_id, count) => {
    for (const name of ['list', 'changes', 'export', 'counts']) {
      const found = await routes[name]?.({ upstream_user_id }, ['mine'])
      expect(typeof found === 'number' ? found : found?.length, name).toBe(count)
    }
  })

  it('lower case means the same here and in ClickHouse, for every character', async () => {
    const characters = Array.from({ length: 0x20_000 }, (_, code) => code)
      .filter((code) => code !== 0 && (code < 0xd800 || code > 0xdfff))
      .map((code) => String.fromCodePoint(code))
    const database = clickhouseDatabase(reader.client('query'))
    const query = 'SELECT c, lowerUTF8(c) FROM (SELECT arrayJoin({some:Array(String)}) AS c) WHERE c != lowerUTF8(c)'
    const rows: (readonly string[])[] = []
    // A parameter has a maximum length.
    for (let from = 0; from < characters.length; from += 8_192) {
      rows.push(
        ...(await database.rows({ query, query_params: { some: characters.slice(from, from + 8_192) } }, never)),
      )
    }
    const lowered = characters.filter((each) => each.toLowerCase() !== each)
    expect(rows).toEqual(lowered.map((each) => [each, each.toLowerCase()]))
  })
})
