import kafkajs, { type Kafka } from 'kafkajs'
import { expect, it, vi } from 'vitest'
import { createTelemetry } from '../runtime/telemetry.js'
import { type Assigned, type ConsumerOptions, createConsumer, type IngestConsumer } from './consumer.js'
import { createEvents } from './events.js'
import { ResponseBuffers } from './memory/response_buffers.js'
import type { Lane } from './partition/partition_worker.js'

/** As much of kafkajs as a consumer asks for: `join` has the group give it partitions, `fetch` brings it a batch of one. */
function group() {
  const listeners = new Map<string, (event: object) => void>()
  let runs = 0
  let eachBatch: ((payload: object) => Promise<void>) | undefined
  const nothing = async () => undefined
  const consumer = {
    events: { GROUP_JOIN: 'join', REBALANCING: 'rebalancing', CRASH: 'crash' },
    on: (event: string, listener: (event: object) => void) => {
      listeners.set(event, listener)
    },
    run: async (config: { eachBatch: (payload: object) => Promise<void> }) => {
      eachBatch = config.eachBatch
      runs++
    },
    ...{ connect: nothing, subscribe: nothing, disconnect: nothing },
  }
  const admin = { connect: nothing, disconnect: nothing }
  return {
    kafka: { consumer: () => consumer, admin: () => admin } as unknown as Kafka,
    join: (...partitions: number[]) =>
      listeners.get('join')?.({ payload: { memberAssignment: { topic: partitions } } }),
    crash: (error: Error) => listeners.get('crash')?.({ payload: { error, restart: false } }),
    runs: () => runs,
    fetch: (partition: number, commitOffsetsIfNecessary: () => Promise<void> = nothing) =>
      eachBatch?.({
        batch: { topic: 'topic', partition, highWatermark: '0', messages: [] },
        ...{ heartbeat: nothing, resolveOffset: () => undefined, isStale: () => true, commitOffsetsIfNecessary },
      }),
  }
}

/** A consumer over these parts of kafkajs, whose lanes `openLane` makes. */
function consumerOver(kafka: Kafka, openLane: ConsumerOptions['openLane']): IngestConsumer {
  return createConsumer({
    connection: { kafka, responses: new ResponseBuffers() },
    groupId: 'g',
    sessionTimeoutMs: 6_000,
    topics: ['topic'],
    events: createEvents(createTelemetry('ingest', 'silent')),
    openLane,
  })
}

function refusal(type: string): Error {
  return new kafkajs.KafkaJSProtocolError(Object.assign(new Error(type), { type }))
}

it('begins no partition any more while it stops, although the group gives it some', async () => {
  const { kafka, join } = group()
  const opened: number[] = []
  let drained: () => void = () => undefined
  const settled = new Promise<void>((resolve) => {
    drained = resolve
  })
  const consumer = consumerOver(kafka, ({ topic, partition }) => {
    opened.push(partition)
    const context = { topic, partition, events: { left: () => undefined } }
    return { context, settled, drain: () => settled, revoke: () => drained() } as unknown as Lane
  })
  await consumer.start()
  join(0, 1)
  const stopped = consumer.stop()
  join(0, 2)
  await stopped
  expect(opened).toEqual([0, 1])
})

it.each([
  ['UNKNOWN_MEMBER_ID', 'REBALANCE_IN_PROGRESS'],
  // Of this kafkajs learns by its next heartbeat.
  ['ILLEGAL_GENERATION', undefined],
])('after a commit that was refused with %s, a batch has kafkajs join anew: %s', async (type, thrown) => {
  const { kafka, join, fetch } = group()
  const lanes: Assigned[] = []
  const consumer = consumerOver(kafka, (assigned) => {
    lanes.push(assigned)
    const settled = Promise.resolve()
    return { context: assigned, settled, expected: async () => undefined, drain: () => settled } as unknown as Lane
  })
  await consumer.start()
  join(0)
  const told = (error: unknown) => (error as { type?: string }).type
  await fetch(0, () => Promise.reject(refusal(type)))
  await expect(lanes[0]?.commit(5, '')).rejects.toMatchObject({ type })
  expect(consumer.joined()).toBe(thrown === undefined)
  expect(await fetch(0)?.then(() => undefined, told)).toBe(thrown)
  await consumer.stop()
})

it('is no member after kafkajs has given it up, and starts again until it is told to stop', async () => {
  const { kafka, join, crash, runs } = group()
  const consumer = consumerOver(kafka, () => {
    throw new Error('It is given no partition')
  })
  await consumer.start()
  join()
  crash(new Error('Broker not connected'))
  expect(consumer.joined()).toBe(false)
  await vi.waitUntil(() => runs() === 2, 5_000)
  join()
  expect(consumer.joined()).toBe(true)

  crash(new Error('Broker not connected'))
  await consumer.stop()
  expect(runs()).toBe(2)
})
