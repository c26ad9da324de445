import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { parameters } from '../../../schemas/derive/parameters.js'
import { deadLetterTopic, type JsonField, type RecordOf, type Stream, streams } from '../../../schemas/streams/index.js'
import { DeadLetterTopic } from '../../../services/cli/dead_letters/dead_letter_topic.js'
import { createEmitter, kafkaProducer } from '../../../services/emitter/index.js'
import { type Read, streamReader } from '../../fixtures/query/stream_reader.js'
import { createSandbox, type Sandbox } from '../../fixtures/stack/sandbox.js'
import type { ServiceProcess } from '../../fixtures/stack/service.js'

/**
 * Every declared stream passes from emitter to API without code of its own: one worker, one emitter, one query service.
 */
let sandbox: Sandbox
let ingest: ServiceProcess
let read: Read
beforeAll(async () => {
  sandbox = await createSandbox(inject('servers'))
  ingest = await sandbox.startIngest()
  read = streamReader(sandbox.client('query'))
})
afterAll(() => sandbox.close())

/** A record with a different value in every field. */
function wholeRecord({ fields }: Stream): RecordOf<Stream> {
  return Object.fromEntries(
    fields.map(({ name, form, list, json }) => {
      if (json !== undefined)
        return [name, { ...atPaths(json), other: [`${name} “č”\n`, 1.5, null, true, {}, [[]]], 'a.b': '' }]
      if (form === 'address') return [name, '2001:db8::7']
      if (list === undefined) return [name, `${name}, “čeština” and\na line`]
      return [name, [1, 2].map((part) => Object.fromEntries(list.map((each) => [each.name, `${each.name} “${part}”`])))]
    }),
  )
}

/** An object with text at each path that a filter has, and a number at the last one. */
function atPaths({ filters }: JsonField): object {
  const whole: Record<string, unknown> = {}
  for (const [index, { path }] of filters.entries()) {
    let object = whole
    for (const key of path.slice(0, -1)) {
      object[key] ??= {}
      object = object[key] as Record<string, unknown>
    }
    object[path.at(-1) ?? ''] = index === filters.length - 1 ? 7_000_000_000 : `${path.join(' “')}\u0000\n`
  }
  return whole
}

/** The text that a filter on a parameter finds in a record. */
function askedValue(record: Readonly<Record<string, unknown>>, field: string, path: readonly string[] = []): string {
  return String(path.reduce((value, key) => (value as Record<string, unknown>)[key], record[field]))
}

async function publish(stream: Stream, record: RecordOf<Stream>): Promise<string> {
  const emitter = createEmitter({ stream, createProducer: kafkaProducer(sandbox.kafka), topicPrefix: sandbox.prefix })
  const { eventId } = await emitter.publish(record)
  await emitter.close()
  return eventId
}

describe.each(streams.map((stream) => [stream.name, stream] as const))('%s', (name, stream) => {
  it('passes from the emitter to the API with every field unchanged', async () => {
    const time = `${new Date().toISOString().slice(0, -1)}456Z`
    const whole = wholeRecord(stream)
    const event_id = await publish(stream, { ...whole, time })
    const bare = await publish(stream, { time: new Date(Date.now() - 60_000) })
    expect(await sandbox.eventually(`SELECT count() FROM ${name}`, '2')).toBe('2')
    const outcome = stream.outcomes === undefined ? {} : { outcome: 'unknown' }
    expect(await read(name)).toEqual([
      { event_id, time, ...whole, ...outcome },
      { event_id: bare, time: expect.any(String), ...outcome },
    ])
    for (const parameter of parameters(stream)) {
      if (parameter.kind !== 'field' || parameter.excludes === true) continue
      const found = await read(name, { [parameter.name]: askedValue(whole, parameter.field, parameter.path) })
      expect(
        found.map((record) => record.event_id),
        parameter.name,
      ).toEqual([event_id])
      const another = parameter.match === 'address' ? '198.51.100.200' : 'another'
      expect(await read(name, { [parameter.name]: another }), parameter.name).toEqual([])
    }
  })

  it('has its own dead letters', async () => {
    const topic = `${sandbox.prefix}${name}`
    const producer = sandbox.kafka.producer()
    await producer.connect()
    await producer.send({ topic, messages: [{ key: 'k', value: Buffer.from(`no record of ${name}`) }] })
    await producer.disconnect()
    await ingest.logged((line) => line.msg === 'dead-lettered' && line.topic === topic)
    const letters = (await new DeadLetterTopic(sandbox.kafka, topic).letters()).list()
    expect(letters.map(({ reason }) => reason)).toEqual(['unknown_framing'])
    const admin = sandbox.kafka.admin()
    await admin.connect()
    expect(await admin.listTopics()).toContain(deadLetterTopic(topic))
    await admin.disconnect()
  })

  it('has its own label in the worker’s metrics', async () => {
    const url = ingest.log.find(({ msg }) => msg === 'listening')?.url
    const metrics = await (await fetch(`${url}/metrics`)).text()
    expect(metrics).toMatch(new RegExp(`gatelog_ingest_rows_total\\{stream="${name}",service="ingest"\\} 2\\n`))
  })
})

it('a record of one stream in another’s topic becomes a dead letter', async () => {
  const [one, other] = streams as [Stream, Stream]
  const stray = createEmitter({
    stream: { ...one, name: other.name } as Stream,
    createProducer: kafkaProducer(sandbox.kafka),
    topicPrefix: sandbox.prefix,
  })
  await stray.publish({ event_id: randomUUID() })
  await stray.close()
  const topic = `${sandbox.prefix}${other.name}`
  const mailbox = new DeadLetterTopic(sandbox.kafka, topic)
  const reasons = async () => (await mailbox.letters()).list().map(({ reason }) => reason)
  await expect.poll(reasons, { timeout: 30_000 }).toContain('unknown_fingerprint')
})
