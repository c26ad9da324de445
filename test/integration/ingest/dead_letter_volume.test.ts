import { createHash } from 'node:crypto'
import { ConfigResourceTypes } from 'kafkajs'
import { afterEach, expect, inject, it } from 'vitest'
import { deadLetterTopic } from '../../../schemas/streams/index.js'
import { DeadLetterTopic } from '../../../services/cli/dead_letters/dead_letter_topic.js'
import { createSandbox, type Sandbox } from '../../fixtures/stack/sandbox.js'

const sandboxes: Sandbox[] = []
afterEach(async () => {
  for (const sandbox of sandboxes.splice(0)) await sandbox.close()
})

async function newSandbox(): Promise<Sandbox> {
  const sandbox = await createSandbox(inject('servers'), { partitions: 1 })
  sandboxes.push(sandbox)
  return sandbox
}

/** The shipped size and wait of a range: many unreadable records in one range. */
const DEFAULTS = { INGEST_MAX_WAIT_MS: '500' }
const BURST = 20_000

async function send(sandbox: Sandbox, values: readonly Buffer[], perRequest = 2_000): Promise<void> {
  const producer = sandbox.kafka.producer()
  await producer.connect()
  for (let at = 0; at < values.length; at += perRequest) {
    await producer.send({
      topic: sandbox.topic,
      messages: values.slice(at, at + perRequest).map((value) => ({ key: 'k', value })),
    })
  }
  await producer.disconnect()
}

async function emit(sandbox: Sandbox, count: number): Promise<void> {
  for (let i = 0; i < count; i++) sandbox.emitter.emit({ user_id: `user-${i}` })
  await sandbox.emitter.flush()
}

it('a burst of unreadable records does not stop the partition: each becomes a letter, and the records behind it are stored', async () => {
  const sandbox = await newSandbox()
  await send(
    sandbox,
    Array.from({ length: BURST }, (_, index) => Buffer.from(`junk ${index}`)),
  )
  await emit(sandbox, 500)
  await sandbox.startIngest(DEFAULTS)
  expect(await sandbox.eventually('SELECT count() FROM auth_audits', '500', 60_000)).toBe('500')

  const letters = new DeadLetterTopic(sandbox.kafka, sandbox.topic)
  const open = (await letters.letters()).list()
  expect(open).toHaveLength(BURST)
  expect(new Set(open.map(({ reason }) => reason))).toEqual(new Set(['unknown_framing']))

  // All of them at once, by the command.
  const half = BURST / 2
  expect(await letters.replay(open.slice(0, half))).toEqual({ replayed: half, left: 0 })
  await letters.discard(open.slice(half))
  const next = `SELECT max(next_offset) FROM ingest_marks`
  expect(await sandbox.eventually(next, String(BURST + 500 + half), 60_000)).toBe(String(BURST + 500 + half))
  const rest = (await letters.letters()).list()
  // The replayed records still cannot be read: they are the only open letters.
  expect(rest).toHaveLength(half)
  expect(Math.min(...rest.map(({ offset }) => Number(offset)))).toBe(BURST + 500)
})

it('a record too large for the dead-letter topic leaves its length, its SHA-256 and its first bytes, and can’t be replayed', async () => {
  const sandbox = await newSandbox()
  const admin = sandbox.kafka.admin()
  await admin.connect()
  await admin.alterConfigs({
    validateOnly: false,
    resources: [
      {
        type: ConfigResourceTypes.TOPIC,
        name: deadLetterTopic(sandbox.topic),
        configEntries: [{ name: 'max.message.bytes', value: '100000' }],
      },
    ],
  })
  await admin.disconnect()
  const large = Buffer.alloc(400_000, 'no record ')
  const medium = Array.from({ length: 100 }, () => Buffer.alloc(20_000, 'x'))
  await send(sandbox, [...medium, large, Buffer.from('junk')], 20)
  await emit(sandbox, 10)
  await sandbox.startIngest(DEFAULTS)
  expect(await sandbox.eventually('SELECT count() FROM auth_audits', '10', 60_000)).toBe('10')

  const topic = new DeadLetterTopic(sandbox.kafka, sandbox.topic)
  const letters = (await topic.letters()).list()
  expect(letters).toHaveLength(102)
  const [cut, ...others] = letters.filter(({ sha256 }) => sha256 !== undefined)
  expect(others).toEqual([])
  expect(cut).toMatchObject({
    key: `${sandbox.topic}-0-100`,
    bytes: large.length,
    sha256: createHash('sha256').update(large).digest('hex'),
  })
  expect(await topic.value(`${sandbox.topic}-0-100`)).toEqual(large.subarray(0, 1_024))
  expect(await topic.replay(letters.slice(100))).toEqual({ replayed: 1, left: 1 })
})
