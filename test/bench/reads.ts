import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { type CountedDatabase, countedDatabase } from '../fixtures/query/counted_database.js'
import { buildReader, type Reader } from '../fixtures/query/reader.js'
import { type Filling, fill } from '../fixtures/records/filled_table.js'
import { type Question, questions } from '../fixtures/records/filter_values.js'
import { median, percentile } from './cost.js'
import { startClickHouseAlone } from './servers.js'

/**
 * Repetitions of a request over all records or for an organization's newest page, and of other requests with an
 * organization.
 */
const TIMES = 40
const TIMES_WITHIN = 5
/** Without a rate, the records are spread over so many days: 6 a second for 20 million. */
const DAYS = 40
/** The caller's organizations: all, the largest, or one of the smallest. */
const LARGEST = 'org-0'
const SMALL = 'org-150'

/**
 * What each documented filter reads of a large table for its newest page of 500, and how long that takes: the first
 * time, when the density of the records is unknown, and later. The requests go through the query service's HTTP
 * handling. ClickHouse fills the table itself, without Kafka.
 */
export async function benchReads(rows: number, perSecond?: number): Promise<void> {
  const days = perSecond === undefined ? DAYS : rows / perSecond / 86_400
  const filling: Filling = { rows, people: Math.ceil(rows / 1000), days }
  const window = windowOf(days)
  const clickhouse = await startClickHouseAlone()
  try {
    const reader = await buildReader({ clickhouse })
    await fillAndMerge(reader, filling)
    const database = countedDatabase(reader.client('query'))
    const app = await reader.appOver(database)
    const service: Service = { reader, app, database, rows }
    console.log(`${rows} rows over ${days.toFixed(2)} days, ${filling.people} people; pages of 500\n`)
    console.log(
      `${'filter'.padEnd(44)}${'as'.padEnd(9)}${'found'.padStart(6)}${'rows read'.padStart(11)}   share   first     p50     p95`,
    )
    await ask(service, '(none)', {})
    for (const question of await questions(reader.client('ingest'))) {
      const asked = { [question.parameter]: question.value }
      await ask(service, nameOf(question), asked)
      await ask(service, `${nameOf(question)}, in a 40th`, { ...asked, ...window })
      for (const organization of [LARGEST, SMALL]) {
        await ask(service, nameOf(question), asked, organization)
        await ask(service, `${nameOf(question)}, in a 40th`, { ...asked, ...window }, organization)
      }
    }
    for (const organization of [LARGEST, SMALL]) await ask(service, '(none)', {}, organization, TIMES)
    await app.close()
    await reader.close()
  } finally {
    await clickhouse.stop()
  }
}

interface Service {
  readonly reader: Reader
  readonly app: FastifyInstance
  readonly database: CountedDatabase
  readonly rows: number
}

/** The time range of limited requests: a fortieth of the time, when a quarter of it had not come. */
function windowOf(days: number): Readonly<Record<'dt_from' | 'dt_to', string>> {
  const ago = (share: number) => new Date(Date.now() - share * days * 86_400_000).toISOString()
  return { dt_from: ago(11 / 40), dt_to: ago(10 / 40) }
}

function nameOf({ parameter, frequency }: Question): string {
  return `${parameter}, ${frequency}`
}

async function ask(
  { reader, app, database, rows }: Service,
  name: string,
  asked: Readonly<Record<string, string>>,
  organization?: string,
  repeats = organization === undefined ? TIMES : TIMES_WITHIN,
): Promise<void> {
  const headers = { authorization: await reader.authorization([organization ?? '*']) }
  const times: number[] = []
  let found = 0
  let read = 0
  for (let time = 0; time < repeats; time++) {
    database.takeCount()
    const begun = performance.now()
    const response = await app.inject({ url: '/v1/auth_audits', query: asked, headers })
    times.push(performance.now() - begun)
    if (response.statusCode !== 200) throw new Error(`${name}: ${response.statusCode}: ${response.body}`)
    read = Math.max(read, database.takeCount())
    found = response.json().auth_audits.length
  }
  const ms = (value: number) => `${value.toFixed(0)} ms`.padStart(8)
  console.log(
    `${name.padEnd(44)}${(organization ?? 'all').padEnd(9)}${String(found).padStart(6)}${String(read).padStart(11)}` +
      `${((100 * read) / rows).toFixed(2).padStart(7)} %${ms(times[0] ?? 0)}${ms(median(times))}${ms(percentile(times, 0.95))}`,
  )
}

/** Waits until ClickHouse has merged each past day into one part. */
async function fillAndMerge(reader: Reader, filling: Filling): Promise<void> {
  const begun = performance.now()
  const client = reader.client('migrate', { request_timeout: 1_800_000 })
  await fill(reader.client('ingest', { request_timeout: 1_800_000 }), filling)
  const filled = performance.now()
  await client.command({ query: 'OPTIMIZE TABLE auth_audits FINAL' })
  await delay(1_000)
  const seconds = (from: number, to: number) => `${((to - from) / 1000).toFixed(0)} s`
  console.log(`filled in ${seconds(begun, filled)}, merged in ${seconds(filled, performance.now())}`)
}
