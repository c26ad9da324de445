import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { avroSchema } from '../../../schemas/derive/avro.js'
import { type AuthAudit, authAudits, deadLetterTopic, streams } from '../../../schemas/streams/index.js'
import { readTopic } from '../../../services/cli/dead_letters/topic_reader.js'
import { emitOverHttp } from '../../../services/cli/emit/over_http.js'
import { emitToKafka } from '../../../services/cli/emit/to_kafka.js'
import type { Format } from '../../../services/cli/forward/format.js'
import { formats } from '../../../services/cli/forward/formats.js'
import { partsOf } from '../../../services/cli/forward/read_parts.js'
import { connectPublisher } from '../../../services/cli/kafka_publisher.js'
import { readLines } from '../../../services/cli/lines.js'
import { publishLines } from '../../../services/cli/publish_lines.js'
import { createEmitter, kafkaProducer } from '../../../services/emitter/index.js'
import { API_KEYS, KEYS } from '../../fixtures/collector/door.js'
import { datumEncoder } from '../../fixtures/records/avro_values.js'
import { avroFile } from '../../fixtures/records/packed_bodies.js'
import { plant, plantedCases } from '../../fixtures/redaction/plant.js'
import { secretSearch } from '../../fixtures/redaction/search.js'
import { type Planted, plantedKinds } from '../../fixtures/redaction/secrets.js'
import { casesOf, Placeholders, readyRequests, type SourceCase } from '../../fixtures/sources/cases.js'
import { createSandbox, type Sandbox } from '../../fixtures/stack/sandbox.js'
import { type ServiceProcess, startService } from '../../fixtures/stack/service.js'

/** `npm run secrets` plants 10,000 through each way in. */
const COUNT = Number(process.env.SECRETS ?? 600)
const WEBHOOK_SECRET = 'made-up-webhook-secret'
const FIELDS = [
  'user_id',
  'upstream_user_id',
  'event',
  'user_agent',
  'issuer',
  'session',
  'application_name',
  'trace_id',
]
/** Texts of a webhook, roughly. */
const TEXTS_OF_A_WEBHOOK = 15

const planted = fc
  .sample(fc.oneof(...plantedKinds), { numRuns: COUNT + Math.ceil(COUNT / 2), seed: 20_261_129 })
  .filter(({ secret }) => secret.length >= 8)
  .slice(0, COUNT)
const leaks = secretSearch(planted.map(({ secret }) => secret))
const records = planted.map(({ text }, index) => ({ [FIELDS[index % FIELDS.length] as string]: text, org_id: 'acme' }))
/** Records that are refused, because their fields have names that no field has. */
const faulty = planted.slice(0, 100).map(({ text }) => ({ [text]: text, time: text }))
const lines = [...records, ...faulty].map((record) => JSON.stringify(record))

let sandbox: Sandbox
let ingest: ServiceProcess
let collector: ServiceProcess
let url: string
let folder: string
/** What any part has answered, or printed. */
const said: string[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatelog-secrets-'))
  sandbox = await createSandbox(inject('servers'), { partitions: 1 })
  ingest = await sandbox.startIngest({ LOG_LEVEL: 'debug' })
  collector = startService('collector', {
    HOST: '127.0.0.1',
    PORT: '0',
    LOG_LEVEL: 'debug',
    KAFKA_BROKERS: inject('servers').brokers.join(','),
    KAFKA_TOPIC_PREFIX: sandbox.prefix,
    API_KEYS: JSON.stringify(API_KEYS),
    COLLECTOR_RATE_PER_SECOND: '0',
    COLLECTOR_RATE_PER_SECOND_OF_TENANT: '0',
    SOURCES: JSON.stringify(
      [...new Set(plantedCases.map(([kind]) => kind))].map((kind) => ({ name: kind, kind, secrets: [WEBHOOK_SECRET] })),
    ),
  })
  url = String((await collector.logged(({ msg }) => msg === 'listening')).url)
})
afterAll(async () => {
  await collector?.stop()
  await sandbox?.close()
  rmSync(folder, { recursive: true, force: true })
})

const commandConfig = () => ({
  KAFKA_BROKERS: inject('servers').brokers,
  KAFKA_TOPIC_PREFIX: sandbox.prefix,
  KAFKA_COMPRESSION: 'none' as const,
  KAFKA_FRAMING: 'single-object' as const,
  SCHEMA_REGISTRY_REGISTER: 'true' as const,
})

async function* input(texts: readonly string[]): AsyncGenerator<Buffer> {
  yield Buffer.from(texts.join('\n'))
}

const onRejected = (line: number, reason: string) => void said.push(`${line}: ${reason}`)

async function post(path: string, body: string | Buffer, headers: Record<string, string>): Promise<number> {
  const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body: new Uint8Array(Buffer.from(body)) })
  said.push(await answer.text())
  return answer.status
}

/** The requests of the cases of sources, with secrets in their texts. */
function* plantedRequests() {
  let used = 0
  const next = (): string => (planted[used++ % planted.length] as Planted).text
  for (const [kind, name, isFaulty] of plantedCases) {
    const found = casesOf(kind).find((each) => each.name === name) as SourceCase
    for (let count = 0; count < COUNT / TEXTS_OF_A_WEBHOOK; count++) {
      const placeholders = new Placeholders(Date.now())
      const requests = found.requests.map((each) => ({
        ...each,
        body: plant(placeholders.fill(each.body), next, isFaulty),
      }))
      for (const request of readyRequests({ ...found, requests }, placeholders, WEBHOOK_SECRET))
        yield { kind, ...request }
    }
  }
}

test('the search finds what is planted', () => {
  expect(
    leaks(Buffer.from(records.map((record) => Object.values(record).join(' ')).join('\n'))).length,
  ).toBeGreaterThan(COUNT * 0.9)
})

describe(`${COUNT} secrets of ${plantedKinds.length} kinds, planted`, () => {
  test('through the library, while Kafka is away: none is in the spool', async () => {
    const nobody = new Kafka({ brokers: ['127.0.0.1:1'], logLevel: logLevel.NOTHING, retry: { retries: 0 } })
    const say = (...words: unknown[]) => void said.push(JSON.stringify(words))
    let isAway = true
    const emitter = createEmitter({
      createProducer: () => (isAway ? kafkaProducer(nobody) : kafkaProducer(sandbox.kafka))(),
      topicPrefix: sandbox.prefix,
      logger: { info: say, warn: say, error: say },
      spool: { dir: folder, sync: 'always' },
    })
    for (const record of records) expect(emitter.emit(record as AuthAudit)).toMatchObject({ accepted: true })
    for (const record of faulty) say(emitter.emit(record as AuthAudit))
    const spool = join(folder, authAudits.name)
    const segments = readdirSync(spool).map((name) => readFileSync(join(spool, name)))
    expect(Buffer.concat(segments).length).toBeGreaterThan(COUNT * 40)
    for (const segment of segments) expect(leaks(segment)).toEqual([])
    isAway = false
    await emitter.flush()
    await emitter.close()
  })

  test('through the command', async () => {
    const inKafka = await emitToKafka(readLines(input(lines), 100_000), authAudits, commandConfig(), onRejected)
    expect(inKafka).toMatchObject({ accepted: COUNT, rejected: faulty.length })
    const door = { url: new URL('/v1/auth_audits', url), credential: KEYS.operator }
    const onWait = (reason: string) => void said.push(reason)
    const overHttp = await emitOverHttp(readLines(input(lines), 100_000), authAudits, door, { onRejected, onWait })
    expect(overHttp).toEqual({ accepted: COUNT, rejected: faulty.length })
  })

  test('over HTTP, as JSON, as lines and as Avro', async () => {
    const encode = datumEncoder(authAudits)
    const schema = avroSchema(authAudits)
    const time = Date.now() * 1_000
    for (let from = 0; from < lines.length; from += 100) {
      const some = lines.slice(from, from + 100)
      const headers = { authorization: `Bearer ${KEYS.operator}` }
      await post('/v1/auth_audits', `[${some.join(',')}]`, { ...headers, 'content-type': 'application/json' })
      await post('/v1/auth_audits', some.join('\n'), { ...headers, 'content-type': 'application/x-ndjson' })
      const actions = some.map((line) =>
        JSON.stringify({ description: line, audit_attributes: [{ attribute_name: line }] }),
      )
      await post('/v1/audits', `[${actions.join(',')}]`, { ...headers, 'content-type': 'application/json' })
    }
    for (let from = 0; from < records.length; from += 100) {
      const datums = records
        .slice(from, from + 100)
        .map((record) => encode({ event_id: randomBytes(16), time, ...record }))
      const file = avroFile({ schema, blocks: [{ count: BigInt(datums.length), bytes: Buffer.concat(datums) }] })
      const headers = { authorization: `Bearer ${KEYS.operator}`, 'content-type': 'application/avro' }
      expect(await post('/v1/auth_audits', file, headers)).toBe(200)
    }
  })

  test('through webhooks of every kind of source', async () => {
    const statuses = new Set<number>()
    const requests = plantedRequests()
    const senders = Array.from({ length: 8 }, async () => {
      for (const { kind, headers, payload } of requests)
        statuses.add(await post(`/v1/sources/${kind}`, payload, headers))
    })
    await Promise.all(senders)
    expect([...statuses]).toEqual([200])
  })

  test('through forwarded events', async () => {
    const publisher = await connectPublisher(commandConfig(), streams)
    for (const { kind, payload } of plantedRequests()) {
      if (kind !== 'okta' && kind !== 'auth0') continue
      const format = formats[kind] as Format
      const read = format.open({ name: kind, utcOffset: '+00:00' })
      await publishLines(readLines(input([payload]), 1_000_000), {
        read: partsOf(read, Date.now),
        publish: ({ stream, record }) => publisher.publish(stream, record),
        onRejected,
        maxBytesInFlight: 1_000_000,
      })
    }
    await publisher.close()
  })

  test('none is in Kafka, a dead letter, ClickHouse, a log, a metric or an answer', async () => {
    const topics = streams.map(({ name }) => `${sandbox.prefix}${name}`)
    let letters = 0
    for (const topic of [...topics, deadLetterTopic(sandbox.topic)]) {
      await readTopic(sandbox.kafka, topic, ({ key, value, headers }) => {
        if (topic === deadLetterTopic(sandbox.topic)) letters++
        for (const part of [
          key,
          value,
          Buffer.from(
            JSON.stringify(headers, (_, each) => (each?.type === 'Buffer' ? Buffer.from(each.data).toString() : each)),
          ),
        ]) {
          if (part !== null) expect(leaks(part), topic).toEqual([])
        }
      })
    }
    expect(letters).toBeGreaterThan(0)

    for (const stream of streams) {
      const last = createEmitter({ stream, createProducer: kafkaProducer(sandbox.kafka), topicPrefix: sandbox.prefix })
      await last.publish({ org_id: 'the last one' })
      await last.close()
      const isThere = `SELECT count() FROM ${stream.name} WHERE org_id = 'the last one'`
      expect(await sandbox.eventually(isThere, '1')).toBe('1')
      const rows = await sandbox.clickhouse.exec({ query: `SELECT * FROM ${stream.name} FORMAT TSV` })
      const parts: Buffer[] = []
      for await (const part of rows.stream) parts.push(part as Buffer)
      const table = Buffer.concat(parts)
      expect(table.length).toBeGreaterThan(COUNT * 10)
      expect(leaks(table), stream.name).toEqual([])
    }
    for (const { log } of [collector, ingest]) expect(leaks(Buffer.from(JSON.stringify(log)))).toEqual([])
    const metrics = await fetch(`${url}/metrics`)
    expect(leaks(Buffer.from(await metrics.text()))).toEqual([])
    expect(said.length).toBeGreaterThan(COUNT / 4)
    for (const words of said) expect(leaks(Buffer.from(words))).toEqual([])
  })
})
