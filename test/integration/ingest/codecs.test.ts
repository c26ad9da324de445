import { CompressionTypes, ConfigResourceTypes, type Kafka, Partitioners } from 'kafkajs'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { connectForFetching } from '../../../services/ingest/fetch/connection.js'
import { batchesOf } from '../../../services/ingest/fetch/fetched_batches.js'
import { createTelemetry } from '../../../services/runtime/telemetry.js'
import { sendWithLibrdkafka } from '../../fixtures/producers/librdkafka.js'
import { userValues } from '../../fixtures/records/user_values.js'
import { createSandbox, type Sandbox } from '../../fixtures/stack/sandbox.js'

/** Kafka's numbers of the codecs. */
const CODECS = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const
const NAMES = Object.keys(CODECS) as (keyof typeof CODECS)[]
const RECORDS = 1_000

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await createSandbox(inject('servers'), { partitions: 1 })
})
afterAll(() => sandbox.close())

async function send(kafka: Kafka, values: readonly Buffer[], compression: CompressionTypes): Promise<void> {
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  await producer.send({ topic: sandbox.topic, compression, messages: values.map((value) => ({ value })) })
  await producer.disconnect()
}

/** Makes the broker compress what it is sent, with Java's own codecs and framing. */
async function compressAtBroker(codec: string): Promise<void> {
  const admin = sandbox.kafka.admin()
  await admin.connect()
  const configEntries = [{ name: 'compression.type', value: codec }]
  const resource = { type: ConfigResourceTypes.TOPIC, name: sandbox.topic, configEntries }
  await admin.alterConfigs({ validateOnly: false, resources: [resource] })
  await admin.disconnect()
}

/** The codecs of all batches of the topic. */
async function codecsInTopic(lastOffset: number): Promise<ReadonlySet<number>> {
  const config = {
    KAFKA_BROKERS: [...inject('servers').brokers],
    KAFKA_TOPIC_PREFIX: '',
    KAFKA_SECURITY_PROTOCOL: 'PLAINTEXT',
  } as const
  const { kafka } = connectForFetching(config, createTelemetry('test', 'silent').log)
  const consumer = kafka.consumer({ groupId: `${sandbox.database}-codecs` })
  const found = new Set<number>()
  let last = 0
  await consumer.connect()
  await consumer.subscribe({ topic: sandbox.topic, fromBeginning: true })
  await consumer.run({
    eachBatch: async ({ batch }) => {
      for (const { codec, lastOffset } of batchesOf(batch)) {
        found.add(codec)
        last = lastOffset
      }
    },
  })
  await expect.poll(() => last, { timeout: 30_000 }).toBe(lastOffset)
  await consumer.disconnect()
  return found
}

it('stores batches of every codec from librdkafka, Java and kafkajs', async () => {
  const { brokers } = inject('servers')
  const users: string[] = []
  for (const name of NAMES) {
    users.push(`c-${name}`)
    await sendWithLibrdkafka(brokers, sandbox.topic, name, userValues(`c-${name}`, 0, RECORDS))
  }
  users.push('js-gzip')
  await send(sandbox.kafka, userValues('js-gzip', 0, RECORDS), CompressionTypes.GZIP)
  for (const name of NAMES.filter((codec) => codec !== 'none')) {
    users.push(`java-${name}`)
    await compressAtBroker(name)
    await send(sandbox.kafka, userValues(`java-${name}`, 0, RECORDS), CompressionTypes.None)
  }
  expect(await codecsInTopic(users.length * RECORDS - 1)).toEqual(new Set(Object.values(CODECS)))

  const ingest = await sandbox.startIngest()
  const total = String(users.length * RECORDS)
  expect(await sandbox.eventually('SELECT count() FROM auth_audits', total)).toBe(total)
  expect(await sandbox.scalar('SELECT uniqExact(user_id) FROM auth_audits')).toBe(total)
  const counts =
    "SELECT arrayStringConcat(arraySort(groupUniqArray(splitByRegexp('-[0-9]+$', user_id)[1])), ' ') FROM auth_audits"
  expect(await sandbox.scalar(counts)).toBe([...users].sort().join(' '))
  expect(ingest.log.filter(({ msg }) => msg === 'dead-lettered')).toEqual([])
})
