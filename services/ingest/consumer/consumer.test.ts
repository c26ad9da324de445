import kafkajs, { type Kafka } from 'kafkajs'
import { expect, it, vi } from 'vitest'
import { createTelemetry } from '../../runtime/telemetry.js'
import { createEvents } from '../events.js'
import { ResponseBuffers } from '../memory/response_buffers.js'
import type { PartitionWorker } from '../partition/partition_worker.js'
import { type Assigned, type ConsumerOptions, createConsumer, type IngestConsumer } from './consumer.js'

/**
 * A fake of the parts of kafkajs that the consumer uses: `join` assigns partitions, `fetch` delivers a batch of one of
 * them.
 */
function group() {
  const listeners = new Map<string, (event: object) => void>()
  let runs = 0
  let eachBatch: ((payload: object) => Promise<void>) | undefined
  const nothing = async () => undefined
  const consumer = {
    events: { GROUP_JOIN: 'join', FETCH_START: 'fetch', REBALANCING: 'rebalancing', CRASH: 'crash' },
    on: (event: string, listener: (event: object) => void) => {
      listeners.set(event, listener)
    },
    run: async (config: { eachBatch: (payload: object) => Promise<void> }) => {
      eachBatch = config.eachBatch
      runs++
    },
    ...{
      connect: nothing,
      subscribe: nothing,
      disconnect: nothing,
      paused: () => [],
      resume: nothing,
    },
  }
  return {
    kafka: { consumer: () => consumer } as unknown as Kafka,
    join: (...partitions: number[]) =>
      listeners.get('join')?.({ payload: { memberAssignment: { topic: partitions } } }),
    crash: (error: Error) => listeners.get('crash')?.({ payload: { error, restart: false } }),
    runs: () => runs,
    /** As kafkajs does: what a listener throws is the error of the fetch. */
    startFetch: () => listeners.get('fetch')?.({}),
    fetch: (partition: number, commitOffsetsIfNecessary: () => Promise<void> = nothing) =>
      eachBatch?.({
        batch: { topic: 'topic', partition, highWatermark: '0', messages: [] },
        ...{ heartbeat: nothing, resolveOffset: () => undefined, isStale: () => true, commitOffsetsIfNecessary },
      }),
  }
}

/** A consumer over the fake, whose partition workers `openPartition` makes. */
function consumerOver(kafka: Kafka, openPartition: ConsumerOptions['openPartition']): IngestConsumer {
  return createConsumer({
    connection: { kafka, responses: new ResponseBuffers() },
    groupId: 'g',
    sessionTimeoutMs: 6_000,
    topics: ['topic'],
    events: createEvents(createTelemetry('ingest', 'silent')),
    readTopicOffsets: async () => new Map(),
    openPartition,
  })
}

function refusal(type: string): Error {
  return new kafkajs.KafkaJSProtocolError(Object.assign(new Error(type), { type }))
}

it('opens no partition while it stops, even if the group assigns some', async () => {
  const { kafka, join } = group()
  const opened: number[] = []
  let drained: () => void = () => undefined
  const settled = new Promise<void>((resolve) => {
    drained = resolve
  })
  const consumer = consumerOver(kafka, ({ topic, partition }) => {
    opened.push(partition)
    const context = { topic, partition }
    return { context, settled, drain: () => settled, revoke: () => drained() } as unknown as PartitionWorker
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
  // kafkajs learns this from its next heartbeat.
  ['ILLEGAL_GENERATION', undefined],
])('after a commit is rejected with %s, the next fetch makes kafkajs rejoin: %s', async (type, thrown) => {
  const { kafka, join, fetch, startFetch } = group()
  const given: Assigned[] = []
  const consumer = consumerOver(kafka, (assigned) => {
    given.push(assigned)
    const settled = Promise.resolve()
    return {
      context: assigned,
      settled,
      lag: { endIs: () => undefined },
      expected: async () => undefined,
      drain: () => settled,
    } as unknown as PartitionWorker
  })
  await consumer.start()
  join(0)
  await fetch(0, () => Promise.reject(refusal(type)))
  expect(startFetch).not.toThrow()
  await expect(given[0]?.commit(5, '')).rejects.toMatchObject({ type })
  expect(consumer.joined()).toBe(thrown === undefined)
  if (thrown === undefined) expect(startFetch).not.toThrow()
  else expect(startFetch).toThrow(expect.objectContaining({ type: thrown }))
  await consumer.stop()
  expect(startFetch).not.toThrow()
})

it('is no member after kafkajs gives up the consumer, and starts it again until it stops', async () => {
  const { kafka, join, crash, runs } = group()
  const consumer = consumerOver(kafka, () => {
    throw new Error('The group assigns no partition')
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
