import type { Kafka } from 'kafkajs'
import { expect, it } from 'vitest'
import { createTelemetry } from '../runtime/telemetry.js'
import { type Assigned, createConsumer } from './consumer.js'
import { createEvents } from './events.js'
import { Responses } from './fetch/responses.js'
import type { Lane } from './lane.js'

/** As much of kafkajs as a consumer asks for: `join` has the group give it partitions. */
function group() {
  let joined: ((event: object) => void) | undefined
  const nothing = async () => undefined
  const consumer = {
    events: { GROUP_JOIN: 'join', REBALANCING: 'rebalancing', CRASH: 'crash' },
    on: (event: string, listener: (event: object) => void) => {
      if (event === 'join') joined = listener
    },
    ...{ connect: nothing, subscribe: nothing, run: nothing, disconnect: nothing },
  }
  const admin = { connect: nothing, disconnect: nothing }
  return {
    kafka: { consumer: () => consumer, admin: () => admin } as unknown as Kafka,
    join: (...partitions: number[]) => joined?.({ payload: { memberAssignment: { topic: partitions } } }),
  }
}

it('begins no partition any more while it stops, although the group gives it some', async () => {
  const { kafka, join } = group()
  const opened: number[] = []
  let drained: () => void = () => undefined
  const settled = new Promise<void>((resolve) => {
    drained = resolve
  })
  const consumer = createConsumer({
    connection: { kafka, responses: new Responses() },
    groupId: 'g',
    sessionTimeoutMs: 6_000,
    topics: ['topic'],
    events: createEvents(createTelemetry('ingest', 'silent')),
    openLane: ({ topic, partition }: Assigned) => {
      opened.push(partition)
      const context = { topic, partition, events: { left: () => undefined } }
      return { context, settled, drain: () => settled, revoke: () => drained() } as unknown as Lane
    },
  })
  await consumer.start()
  join(0, 1)
  const stopped = consumer.stop()
  join(0, 2)
  await stopped
  expect(opened).toEqual([0, 1])
})
