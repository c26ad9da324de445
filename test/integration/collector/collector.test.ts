import { createHmac } from 'node:crypto'
import type { KafkaMessage } from 'kafkajs'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { captured } from '../../fixtures/keycloak/captured.js'
import { freePorts } from '../../fixtures/stack/ports.js'
import { createSandbox, type Sandbox } from '../../fixtures/stack/sandbox.js'
import { type ServiceProcess, startService } from '../../fixtures/stack/service.js'

const SECRET = 'made-up-webhook-secret'
const running: ServiceProcess[] = []
let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await createSandbox(inject('servers'), { partitions: 1 })
})

afterAll(async () => {
  await Promise.all(running.map((service) => service.stop()))
  await sandbox.close()
})

interface Collector {
  readonly service: ServiceProcess
  readonly url: string
}

async function startCollector(kafka: {
  readonly brokers: readonly string[]
  readonly prefix: string
}): Promise<Collector> {
  const service = startService('collector', {
    HOST: '127.0.0.1',
    PORT: '0',
    KAFKA_BROKERS: kafka.brokers.join(','),
    KAFKA_TOPIC_PREFIX: kafka.prefix,
    KEYCLOAK_WEBHOOK_SECRET: SECRET,
  })
  running.push(service)
  const { url } = await service.logged(({ msg }) => msg === 'listening')
  return { service, url: String(url) }
}

/** A webhook with the current time: a captured one becomes too old to store. */
function sendWebhook({ url }: Collector): Promise<Response> {
  const event = JSON.parse(captured('browser_right_password').body)
  const body = JSON.stringify({ ...event, time: Date.now() })
  const signature = createHmac('sha256', SECRET).update(body).digest('hex')
  return fetch(`${url}/v1/sources/keycloak`, { method: 'POST', body, headers: { 'x-keycloak-signature': signature } })
}

async function readiness({ url }: Collector): Promise<[number, unknown]> {
  const answer = await fetch(`${url}/readyz`)
  return [answer.status, await answer.json()]
}

async function messages(count: number): Promise<readonly KafkaMessage[]> {
  const consumer = sandbox.kafka.consumer({ groupId: `${sandbox.prefix}reader` })
  const read: KafkaMessage[] = []
  await consumer.connect()
  await consumer.subscribe({ topic: sandbox.topic, fromBeginning: true })
  await new Promise<void>((resolve) => {
    void consumer.run({
      eachMessage: async ({ message }) => {
        if (read.push(message) === count) resolve()
      },
    })
  })
  await consumer.disconnect()
  return read
}

test('a webhook that it acknowledged is in Kafka, and it stops on SIGTERM', async () => {
  const collector = await startCollector({ brokers: inject('servers').brokers, prefix: sandbox.prefix })
  expect(await readiness(collector)).toEqual([200, { status: 'ready' }])
  const answer = await sendWebhook(collector)
  expect(answer.status).toBe(200)
  const { event_ids } = (await answer.json()) as { event_ids: string[] }
  const [message] = await messages(1)
  // The record starts with its id, after the ten bytes that name the schema.
  expect([message?.value?.toString('hex', 10, 26)]).toEqual(event_ids.map((id) => id.replaceAll('-', '')))
  expect(message?.key?.toString()).toBe(JSON.parse(captured('browser_right_password').body).details.code_id)
  expect(await collector.service.stop()).toBe(0)
})

test('it is not ready without its topic', async () => {
  const collector = await startCollector({ brokers: inject('servers').brokers, prefix: 'nobody.made.' })
  expect(await readiness(collector)).toEqual([
    503,
    {
      status: 'not ready',
      waiting_for:
        'the topics nobody.made.auth_audits, nobody.made.auth_audits.dead-letters, nobody.made.audits, nobody.made.events: run migrate',
    },
  ])
})

test('without Kafka it is not ready, answers 503, and still stops on SIGTERM', async () => {
  const [port] = await freePorts(1)
  const collector = await startCollector({ brokers: [`127.0.0.1:${port}`], prefix: '' })
  const [status, body] = await readiness(collector)
  expect(status).toBe(503)
  expect(body).toMatchObject({ waiting_for: expect.stringContaining('Kafka') })
  const answer = await sendWebhook(collector)
  expect(answer.status).toBe(503)
  expect(answer.headers.get('retry-after')).toBe('5')
  expect(await answer.json()).toMatchObject({ error_code: 'KAFKA_NOT_ACKNOWLEDGED' })
  expect(await collector.service.stop()).toBe(0)
})
