import { mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32c } from '@node-rs/crc32'
import { CompressionTypes, ConfigResourceTypes, Partitioners } from 'kafkajs'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { type KafkaServer, startKafka } from '../../../deploy/local/kafka/start.js'
import { DeadLetterTopic } from '../../../services/cli/dead_letters/dead_letter_topic.js'
import { recordBatches } from '../../../services/ingest/fetch/record_batch.js'
import { sealed } from '../../fixtures/records/record_batches.js'
import { userValues } from '../../fixtures/records/user_values.js'
import { freePorts } from '../../fixtures/stack/ports.js'
import { createSandbox, type Sandbox } from '../../fixtures/stack/sandbox.js'

/** A broker of this file's own, whose log is changed on its disk. */
let dir: string
let kafka: KafkaServer
let sandbox: Sandbox
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gatelog-damaged-'))
  const [port = 0, controllerPort = 0] = await freePorts(2)
  const cleaner = [
    'log.cleaner.backoff.ms=100',
    'log.segment.delete.delay.ms=100',
    'log.retention.check.interval.ms=500',
  ]
  kafka = await startKafka({ dir, port, controllerPort, properties: cleaner })
  sandbox = await createSandbox({ ...inject('servers'), brokers: kafka.brokers }, { partitions: 2 })
})
afterAll(async () => {
  await sandbox?.close()
  await kafka?.stop()
  await rm(dir, { recursive: true, force: true })
})

async function send(
  partition: number,
  values: readonly Buffer[],
  compression = CompressionTypes.None,
  key?: string,
): Promise<void> {
  const producer = sandbox.kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  const messages = values.map((value) => ({ value, partition, ...(key === undefined ? {} : { key }) }))
  await producer.send({ topic: sandbox.topic, compression, messages })
  await producer.disconnect()
}

/** Changes the batch that begins at `offset` in the partition's segment. */
async function damage(partition: number, offset: number, change: (batch: Buffer) => Buffer): Promise<Buffer> {
  const folder = join(dir, 'data', `${sandbox.topic}-${partition}`)
  const [segment] = (await readdir(folder)).filter((name) => name.endsWith('.log'))
  const path = join(folder, segment as string)
  const log = await readFile(path)
  const batch = recordBatches(log, { checksum: crc32c, highWatermark: 1e9 }).find(
    ({ firstOffset }) => firstOffset === offset,
  )
  const { bytes } = batch as NonNullable<typeof batch>
  const at = bytes.byteOffset - log.byteOffset
  const changed = change(Buffer.from(bytes))
  const file = await open(path, 'r+')
  await file.write(changed, 0, changed.length, at)
  await file.close()
  return changed
}

const flipped = (batch: Buffer) => {
  batch.writeUInt8(batch.readUInt8(batch.length - 3) ^ 0x10, batch.length - 3)
  return batch
}

it('a batch that was damaged on the broker’s disk is one dead letter, and its neighbors are stored', async () => {
  await send(0, userValues('before', 0, 5)) // Offsets 0 to 4.
  await send(0, userValues('flipped', 0, 5)) // 5 to 9.
  await send(0, userValues('between', 0, 5)) // 10 to 14.
  await send(0, userValues('unzippable', 0, 5), CompressionTypes.GZIP) // 15 to 19.
  await send(0, userValues('after', 0, 5)) // 20 to 24.
  const damaged = await damage(0, 5, flipped)
  await damage(0, 15, (batch) => sealed(Buffer.from(batch.fill(0xee, 70))))

  const ingest = await sandbox.startIngest()
  expect(await sandbox.eventually('SELECT count() FROM auth_audits', '15', 60_000)).toBe('15')
  const names =
    "SELECT arrayStringConcat(arraySort(groupUniqArray(splitByChar('-', user_id)[1])), ' ') FROM auth_audits"
  expect(await sandbox.scalar(names)).toBe('after before between')
  const letters = (await new DeadLetterTopic(sandbox.kafka, sandbox.topic).letters()).list()
  expect(letters).toMatchObject([
    { key: `${sandbox.topic}-0-5`, reason: 'batch_checksum', offset: '5', lastOffset: '9', bytes: damaged.length },
    { key: `${sandbox.topic}-0-15`, reason: 'batch_compression', offset: '15', lastOffset: '19' },
  ])
  const topic = new DeadLetterTopic(sandbox.kafka, sandbox.topic)
  expect((await topic.value(`${sandbox.topic}-0-5`))?.equals(damaged)).toBe(true)
  expect(await topic.replay(letters)).toEqual({ replayed: 0, left: 2 })
  expect(await ingest.stop()).toBe(0)
})

it('gaps that compaction has left are no lost records', async () => {
  await configure({
    'cleanup.policy': 'compact',
    'segment.ms': '100',
    'min.cleanable.dirty.ratio': '0.01',
    'min.compaction.lag.ms': '0',
  })
  await send(1, userValues('first', 0, 1), CompressionTypes.None, 'first')
  for (let round = 0; round < 5; round++)
    await send(1, userValues('compacted', round * 10, round * 10 + 10), CompressionTypes.None, 'same')
  await new Promise((resolve) => setTimeout(resolve, 500))
  await send(1, userValues('last', 0, 3), CompressionTypes.None, 'other')
  await expect.poll(() => recordsOnDisk(1), { timeout: 60_000, interval: 500 }).toBeLessThan(20)

  const ingest = await sandbox.startIngest()
  const last = "SELECT count() FROM auth_audits WHERE startsWith(user_id, 'last')"
  expect(await sandbox.eventually(last, '3', 60_000)).toBe('3')
  expect(
    Number(await sandbox.scalar("SELECT count() FROM auth_audits WHERE startsWith(user_id, 'compacted')")),
  ).toBeLessThan(20)
  expect(ingest.log.filter(({ msg }) => msg === 'Kafka no longer has these offsets')).toEqual([])
  await ingest.stop()
})

async function configure(values: Readonly<Record<string, string>>): Promise<void> {
  const admin = sandbox.kafka.admin()
  await admin.connect()
  const configEntries = Object.entries(values).map(([name, value]) => ({ name, value }))
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: sandbox.topic, configEntries }],
  })
  await admin.disconnect()
}

async function recordsOnDisk(partition: number): Promise<number> {
  const folder = join(dir, 'data', `${sandbox.topic}-${partition}`)
  const segments = (await readdir(folder)).filter((name) => name.endsWith('.log'))
  const logs = await Promise.all(segments.map((name) => readFile(join(folder, name))))
  return logs
    .flatMap((log) => recordBatches(log, { checksum: crc32c, highWatermark: 1e9 }))
    .reduce((sum, { count }) => sum + count, 0)
}
