import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { deadLetterTopic, streams } from '../../../schemas/streams/index.js'
import { readTopic } from '../../../services/cli/dead_letters/topic_reader.js'
import { streamReader } from '../../fixtures/query/stream_reader.js'
import { caseKinds, casesOf, Placeholders, readyRequests, type SourceCase } from '../../fixtures/sources/cases.js'
import { differences } from '../../fixtures/sources/expectation.js'
import { createSandbox, type Sandbox } from '../../fixtures/stack/sandbox.js'
import { type ServiceProcess, startService } from '../../fixtures/stack/service.js'

/**
 * The cases of every kind of source, from webhook to API: one collector, one worker and one query service for all. What
 * a case keeps is found by its tag, and by the ids that the collector answered.
 */
const SECRET = 'made-up-webhook-secret'
const cases = caseKinds.flatMap(casesOf)
/** More records than all cases have together. */
const LIMIT = '1000'

interface Sent {
  readonly placeholders: Placeholders
  readonly answers: readonly { readonly status: number; readonly body: string }[]
  readonly ids: ReadonlySet<string>
}

type Stored = Readonly<Record<string, unknown>>

let sandbox: Sandbox
let collector: ServiceProcess
const sent = new Map<SourceCase, Sent>()
let signIns: readonly Stored[]
let everything: string

beforeAll(async () => {
  sandbox = await createSandbox(inject('servers'))
  const ingest = await sandbox.startIngest()
  collector = startService('collector', {
    HOST: '127.0.0.1',
    PORT: '0',
    LOG_LEVEL: 'debug',
    KAFKA_BROKERS: inject('servers').brokers.join(','),
    KAFKA_TOPIC_PREFIX: sandbox.prefix,
    SOURCES: JSON.stringify(caseKinds.map((kind) => ({ name: kind, kind, secrets: [SECRET] }))),
  })
  const { url } = await collector.logged(({ msg }) => msg === 'listening')
  await Promise.all(cases.map(async (each) => sent.set(each, await send(each, String(url)))))
  const ids = new Set([...sent.values()].flatMap((each) => [...each.ids]))
  const read = streamReader(sandbox.client('query'))
  const stored = () => Promise.all(streams.map(({ name }) => read(name, { limit: LIMIT })))
  let [found, actions] = await stored()
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; ) {
    const missing = new Set(ids)
    for (const { event_id } of [...(found ?? []), ...(actions ?? [])]) missing.delete(String(event_id))
    if (missing.size === 0) break
    await delay(100)
    ;[found, actions] = await stored()
  }
  signIns = found ?? []
  everything = JSON.stringify([found, actions, await letters(), collector.log, ingest.log])
})

afterAll(async () => {
  await collector?.stop()
  await sandbox?.close()
})

/** The requests of a case, one after the other. */
async function send(each: SourceCase, url: string): Promise<Sent> {
  const placeholders = new Placeholders(Date.now())
  const answers: { status: number; body: string }[] = []
  const ids = new Set<string>()
  for (const { method, headers, payload } of readyRequests(each, placeholders, SECRET)) {
    const body = payload === '' ? {} : { body: payload }
    const answer = await fetch(`${url}/v1/sources/${each.kind}`, { method, headers, ...body })
    const text = await answer.text()
    answers.push({ status: answer.status, body: text })
    for (const id of JSON.parse(text).event_ids ?? []) ids.add(id)
  }
  return { placeholders, answers, ids }
}

/** Every dead letter, as text. */
async function letters(): Promise<readonly string[]> {
  const texts: string[] = []
  await readTopic(sandbox.kafka, deadLetterTopic(sandbox.topic), ({ value, headers }) => {
    texts.push(`${value} ${JSON.stringify(Object.entries(headers ?? {}).map(([name, text]) => `${name}: ${text}`))}`)
  })
  return texts
}

describe.each(caseKinds)('%s', (kind) => {
  const ofKind = cases.filter((each) => each.kind === kind)

  test.each(ofKind.map((each) => [each.name, each] as const))('%s', (_name, each) => {
    const { placeholders, answers, ids } = sent.get(each) as Sent
    const records = signIns.filter(
      (record) => ids.has(String(record.event_id)) || JSON.stringify(record).includes(placeholders.tag),
    )
    const result = { answers, records, kept: everything + answers.map(({ body }) => body).join() }
    const found = each.alternatives.map((expected) => differences(placeholders.fill(expected), result))
    expect(found).toContainEqual([])
  })
})
