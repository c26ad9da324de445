import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import { openEventStream } from '../../fixtures/query/event_stream.js'
import { scalar } from '../../fixtures/records/scalar.js'
import { cpuSeconds, percentile } from '../cost.js'
import { type QueryService, startQuery } from '../query_service.js'
import { makeTopics, type Servers, startServers } from '../servers.js'
import { createTables } from '../tables.js'
import { startWorker } from '../worker.js'
import { fillHour } from './fill_hour.js'
import { ask, openLoop } from './open_loop.js'
import type { Produced, ProducerOrder } from './producer.js'
import { type Kind, kindsOf } from './questions.js'
import { ms, report } from './report.js'

export interface HotOptions {
  /** In the table before the measurement, within the hour before it. */
  readonly rows: number
  /** Records that come in each second. */
  readonly rate: number
  /** Questions asked each second. */
  readonly questions: number
  readonly seconds: number
}

const DATABASE = 'gatelog_hot'
const PREFIX = 'bench.'
const PARTITIONS = 6
const PEOPLE = 20_000
const MARKED_USER = 'hot-marker'

/** The questions of an incident, over a table that records come into: times, refusals, and what each process uses. */
export async function benchHot({ rows, rate, questions, seconds }: HotOptions): Promise<void> {
  const servers = await startServers()
  try {
    await createTables(servers.admin, DATABASE, 'shipped')
    await makeTopics(servers, PREFIX, PARTITIONS)
    await fillHour(servers, { database: DATABASE, rows, people: PEOPLE })
    const worker = await startWorker(servers, { database: DATABASE, topicPrefix: PREFIX, group: DATABASE })
    const query = await startQuery(servers, { database: DATABASE, topicPrefix: PREFIX })
    const kinds = await kindsOf(query, servers.admin, DATABASE)
    await askEach(servers, query, kinds)

    const producer = startProducer(servers, rate)
    const processes = {
      ClickHouse: servers.clickhouse.pid,
      Kafka: servers.broker.pid,
      ingest: worker.process.pid as number,
      query: query.service.process.pid as number,
      producer: producer.pid,
      'this one': process.pid,
    }
    const visible = await watchMarkers(query)
    const before = cpuOf(processes)
    const asked = await openLoop(query.url, kinds, { perSecond: questions, seconds })
    const after = cpuOf(processes)
    const recovered = await secondsUntilAnswered(query, kinds[0] as Kind)
    const produced = await producer.stop()
    await untilStored(servers, rows + produced)
    visible.leave()

    console.log(`\n${rate}/s in and ${questions} questions/s for ${seconds} s`)
    report(kinds, asked)
    console.log(`\nafterwards the newest page takes less than a second after ${recovered.toFixed(1)} s`)
    if (visible.delays.length > 0) {
      const figure = (share: number) => `${percentile(visible.delays, share).toFixed(0)} ms`
      console.log(`made → in a tail: p50 ${figure(0.5)}, p99 ${figure(0.99)}, most ${figure(1)}`)
    }
    const shares = Object.entries(after).map(
      ([name, used]) => `${name} ${((100 * (used - (before[name] as number))) / seconds).toFixed(0)} %`,
    )
    console.log(`CPU, of one core: ${shares.join(', ')}`)
    await query.service.stop()
    await worker.stop()
  } finally {
    await servers.stop()
  }
}

/** One question of each kind before anything comes in: what is read, and how long that takes with nothing else. */
async function askEach({ admin }: Servers, { url }: QueryService, kinds: readonly Kind[]): Promise<void> {
  console.log('\nnothing coming in      first      then   rows read')
  for (const kind of kinds) {
    const times: number[] = []
    const before = await rowsRead(admin)
    for (let time = 0; time < 6; time++) {
      const begun = performance.now()
      const { status, body } = await ask(url, kind.next())
      times.push(performance.now() - begun)
      if (status !== 200) throw new Error(`${kind.name}: ${status}: ${body}`)
      kind.take?.(body)
    }
    const read = ((await rowsRead(admin)) - before) / times.length
    const [first = 0, ...others] = times
    console.log(`${kind.name.padEnd(18)}${ms(first)}${ms(percentile(others, 0.5))}${read.toFixed(0).padStart(12)}`)
  }
}

/** What all queries of the server have read so far. */
async function rowsRead(admin: ClickHouseClient): Promise<number> {
  return Number(await scalar(admin, "SELECT sum(value) FROM system.events WHERE event = 'SelectedRows'"))
}

function startProducer({ broker }: Servers, perSecond: number): { readonly pid: number; stop(): Promise<number> } {
  const child = fork(new URL('./producer.js', import.meta.url))
  const order: ProducerOrder = {
    brokers: broker.brokers,
    topic: `${PREFIX}auth_audits`,
    partitions: PARTITIONS,
    perSecond,
    people: PEOPLE,
    markedUser: MARKED_USER,
  }
  child.send(order)
  return {
    pid: child.pid as number,
    async stop() {
      const answered = once(child, 'message')
      child.send('stop')
      const [{ records }] = (await answered) as [Produced]
      return records
    },
  }
}

/** A tail of marked records: the time of each from when it was made until the tail has it, in milliseconds. */
async function watchMarkers({ url, authorization }: QueryService) {
  const headers = { authorization: await authorization('watcher', ['*']) }
  const stream = await openEventStream(`${url}/v1/auth_audits/tail?user_id=${MARKED_USER}`, { headers })
  const delays: number[] = []
  const watching = setInterval(() => {
    for (const { data } of stream.events.splice(0)) {
      const time = data === undefined ? undefined : JSON.parse(data).time
      if (time !== undefined) delays.push(Date.now() - Date.parse(time))
    }
  }, 5)
  return {
    delays,
    leave() {
      clearInterval(watching)
      stream.leave()
    },
  }
}

async function secondsUntilAnswered({ url }: QueryService, kind: Kind): Promise<number> {
  const begun = performance.now()
  for (;;) {
    const asked = performance.now()
    const { status } = await ask(url, kind.next())
    if (status === 200 && performance.now() - asked < 1_000) return (asked - begun) / 1_000
    await delay(50)
  }
}

/** Nothing may be lost: waits until every record is stored. */
async function untilStored({ admin }: Servers, rows: number): Promise<void> {
  const deadline = performance.now() + 300_000
  for (;;) {
    const stored = Number(await scalar(admin, `SELECT count() FROM ${DATABASE}.auth_audits`))
    if (stored === rows) return
    if (stored > rows || performance.now() > deadline)
      throw new Error(`${stored} records are stored instead of ${rows}.`)
    await delay(100)
  }
}

function cpuOf(processes: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(processes).map(([name, pid]) => [name, cpuSeconds(pid)]))
}
