import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { filterParameters } from '../../../schemas/derive/parameters.js'
import { events } from '../../../schemas/streams/index.js'
import { type CountedDatabase, countedDatabase } from '../../fixtures/query/counted_database.js'
import { buildReader, type Reader } from '../../fixtures/query/reader.js'

const ROWS = 200_000

let reader: Reader
let database: CountedDatabase
let app: Awaited<ReturnType<Reader['appOver']>>

beforeAll(async () => {
  reader = await buildReader(inject('servers'))
  await reader.client('ingest').command({ query: FILL })
  const patient = reader.client('migrate', { request_timeout: 110_000 })
  await patient.command({ query: 'OPTIMIZE TABLE events FINAL' })
  database = countedDatabase(reader.client('query'))
  app = await reader.appOver(database)
}, 240_000)

afterAll(async () => {
  await app.close()
  await reader.close()
})

/** Events of 40 organizations over 20 days. Each event names objects and people that few others name. */
const FILL = `INSERT INTO events
    (event_id, time, org_id, action, app, user, context, client_ip, brand, ingested_at, topic_id, kafka_partition, kafka_offset)
  SELECT dateTimeToUUIDv7(toDateTime(moment)), moment, concat('org-', toString(number % 40)), 'model_updated', 'core',
    concat('{"pk":', toString(number % 50021), ',"username":"user-', toString(number % 50021), '","email":"u',
      toString(number % 50021), '@example.com"}'),
    concat('{"authorized_application":{"pk":"app-', toString(number % 50023), '"},"device":{"pk":', toString(number % 50033),
      '},"model":{"app":"app-', toString(number % 50047), '","model_name":"model-', toString(number % 50051), '","pk":',
      toString(number), '},"padding":"', repeat('x', 300), '"}'),
    '192.0.2.1', concat('{"name":"brand-', toString(number % 50053), '"}'),
    now64(3), toUUID('00000000-0000-0000-0000-000000000001'), 0, number
  FROM (SELECT number, now64(6) - toIntervalMillisecond(number * 8640) AS moment FROM numbers(${ROWS}))
  SETTINGS max_partitions_per_insert_block = 0`

async function ask(asked: Readonly<Record<string, string>>, organizations: readonly string[] = ['*']) {
  database.takeCount()
  const response = await reader.ask({ limit: '20', ...asked }, organizations, app, '/v1/events')
  if (response.statusCode !== 200) throw new Error(`${response.statusCode}: ${response.body}`)
  return { found: response.json().events as readonly Record<string, unknown>[], read: database.takeCount() }
}

const paths = filterParameters(events).flatMap((parameter) =>
  parameter.kind === 'field' && parameter.path !== undefined && !('excludes' in parameter)
    ? [{ ...parameter, path: parameter.path }]
    : [],
)

describe.each(paths)('$name', ({ name, field, path }) => {
  it.each([
    ['everybody', '*'],
    ['an organization', 'org-7'],
  ])('reads at most a twentieth of the table for %s', async (_, organization) => {
    const [old] = (await ask({ limit: '1', dt_to: 'now-15d' }, [organization])).found
    const value = path.reduce((within: unknown, key) => (within as Record<string, unknown>)[key], old?.[field])
    const { found, read } = await ask({ [name]: String(value), dt_to: 'now-15d' }, [organization])
    expect(found.map(({ event_id }) => event_id)).toContain(old?.event_id)
    for (const record of found) {
      expect(path.reduce((within: unknown, key) => (within as Record<string, unknown>)[key], record[field])).toBe(value)
    }
    expect(read).toBeLessThan(ROWS * 0.05)
    expect((await ask({ [name]: 'nothing' }, [organization])).read).toBeLessThan(ROWS * 0.05)
  })
})

it('a value of another organization is not found, and not read for', async () => {
  const { found } = await ask({ limit: '1' }, ['org-7'])
  const [{ context } = {}] = found as readonly { readonly context?: { readonly model: { readonly pk: number } } }[]
  const pk = context?.model.pk
  expect((await ask({ context_model_pk: String(pk) }, ['org-8'])).found).toEqual([])
  expect((await ask({ context_model_pk: String(pk) }, ['org-7'])).found).toHaveLength(1)
})

it('several values of a path match any of them, as text or as a number', async () => {
  const response = await reader.ask({ context_model_pk: ['3', '5', 'x'], page_sort: 'asc' }, ['*'], app, '/v1/events')
  const pks = response.json().events.map(({ context }: { context: { model: { pk: number } } }) => context.model.pk)
  expect(pks).toEqual([5, 3])
})

it('counts and filters agree', async () => {
  const response = await reader.ask({ username: 'user-7', dt_from: 'now-30d' }, ['*'], app, '/v1/events/counts')
  expect(response.json().counts).toEqual([{ count: 4 }])
})
