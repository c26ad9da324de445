import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type ClickHouseServer, startClickHouse } from '../../../deploy/local/clickhouse/start.js'
import { type KafkaServer, startKafka } from '../../../deploy/local/kafka/start.js'
import { randomPasswords } from '../../fixtures/stack/passwords.js'
import { freePorts } from '../../fixtures/stack/ports.js'
import { createSandbox, type Sandbox } from '../../fixtures/stack/sandbox.js'

/** This file has its own servers: it stops them while a worker runs. */
let dir: string
let kafka: KafkaServer
let clickhouse: ClickHouseServer
let startBroker: () => Promise<KafkaServer>
let startDatabase: () => Promise<ClickHouseServer>
let sandbox: Sandbox

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gatelog-outage-'))
  const [port = 0, controllerPort = 0, httpPort = 0, nativePort = 0] = await freePorts(4)
  const passwords = randomPasswords()
  startBroker = () => startKafka({ dir: join(dir, 'kafka'), port, controllerPort })
  startDatabase = () => startClickHouse({ dir: join(dir, 'clickhouse'), httpPort, nativePort, passwords })
  kafka = await startBroker()
  clickhouse = await startDatabase()
  sandbox = await createSandbox({ brokers: kafka.brokers, clickhouse })
})

afterAll(async () => {
  await sandbox.close()
  await Promise.all([kafka.stop(), clickhouse.stop()])
  await rm(dir, { recursive: true, force: true })
})

it('an outage of ClickHouse, then of Kafka, during load: nothing is lost or duplicated', async () => {
  const ingest = await sandbox.startIngest()
  let emitted = 0
  const flow = setInterval(() => {
    for (let i = 0; i < 20; i++) if (sandbox.emitter.emit({ user_id: `user-${emitted}` }).accepted) emitted++
  }, 20)
  const flowing = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))
  await flowing(1_000)

  await clickhouse.stop()
  const held = await ingest.logged(
    ({ msg, code }) => msg === 'step failed; retrying' && code === 'CLICKHOUSE_UNREACHABLE',
  )
  expect(held).toMatchObject({ level: 'warn', topic: sandbox.topic })
  await flowing(2_000)
  clickhouse = await startDatabase()
  await ingest.logged(({ msg }) => msg === 'recovered')

  await kafka.stop()
  await flowing(2_000)
  kafka = await startBroker()
  await flowing(1_000)
  clearInterval(flow)
  await sandbox.emitter.flush()

  expect(emitted).toBeGreaterThan(1_000)
  const stored = await sandbox.eventually('SELECT uniqExact(event_id) FROM auth_audits', String(emitted))
  expect(stored, `the worker’s last words: ${JSON.stringify(ingest.log.slice(-30), undefined, 1)}`).toBe(
    String(emitted),
  )
  // A producer that retries after an outage may leave a record in Kafka twice. Each offset is still stored once.
  expect(await sandbox.scalar('SELECT count() - uniqExact(kafka_partition, kafka_offset) FROM auth_audits')).toBe('0')
  expect(await sandbox.scalar('SELECT count() FROM auth_audits FINAL')).toBe(String(emitted))
  expect(await ingest.stop()).toBe(0)
})
