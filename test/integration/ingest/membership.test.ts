import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import { Partitioners } from 'kafkajs'
import { expect, inject, it, vi } from 'vitest'
import { createConsumer } from '../../../services/ingest/consumer/consumer.js'
import { createEvents } from '../../../services/ingest/events.js'
import { framedSockets } from '../../../services/ingest/fetch/framed_socket.js'
import { readWholeBatches } from '../../../services/ingest/fetch/kafkajs_internals.js'
import { ResponseBuffers } from '../../../services/ingest/memory/response_buffers.js'
import type { PartitionWorker } from '../../../services/ingest/partition/partition_worker.js'
import { connectKafka } from '../../../services/runtime/kafka.js'
import { createTelemetry } from '../../../services/runtime/telemetry.js'

/** Kafka's API keys of the requests about group membership: https://kafka.apache.org/protocol#protocol_api_keys */
const JOIN_GROUP = 11
const HEARTBEAT = 12
/** The shortest session that Kafka allows by default (`group.min.session.timeout.ms`). */
const SESSION_MS = 6_000

const { brokers } = inject('servers')
const config = { KAFKA_BROKERS: [...brokers], KAFKA_TOPIC_PREFIX: '' }

/** A consumer of its own topic. kafkajs connects through `sockets`; its partition workers pass records to `offer`. */
async function member(sockets: (socket: Socket) => Socket, offer: (batches: number) => void) {
  const telemetry = createTelemetry('ingest', 'silent')
  const responses = new ResponseBuffers()
  readWholeBatches(responses)
  const framed = framedSockets(responses)
  const kafka = connectKafka(config, 'membership', telemetry.log, (options) => sockets(framed(options)))
  const topic = `membership-${randomUUID()}`
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] })
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  const consumer = createConsumer({
    connection: { kafka, responses },
    groupId: topic,
    sessionTimeoutMs: SESSION_MS,
    topics: [topic],
    events: createEvents(telemetry),
    readTopicOffsets: async () => new Map(),
    openPartition: (assigned) => {
      const settled = Promise.resolve()
      return {
        context: assigned,
        lag: { fetched: () => undefined, endIs: () => undefined },
        ...{ settled, drain: () => settled, revoke: () => undefined },
        expected: async () => undefined,
        async offer({ length }: readonly unknown[]) {
          offer(length)
          return true
        },
      } as unknown as PartitionWorker
    },
  })
  return {
    consumer,
    send: () => producer.send({ topic, messages: [{ value: 'x' }] }),
    async close(): Promise<void> {
      await consumer.stop()
      await producer.disconnect()
      await admin.disconnect()
    },
  }
}

it('a worker that its group dropped joins again, although its join request is lost with the connection', async () => {
  const wire = { holdHeartbeats: false, joinsLost: 0 }
  let offered = 0
  const { consumer, send, close } = await member(
    (socket) => intercept(socket, wire),
    (batches) => {
      offered += batches
    },
  )
  try {
    await consumer.start()
    await vi.waitUntil(consumer.joined, 20_000)
    wire.holdHeartbeats = true
    await vi.waitUntil(() => wire.joinsLost > 0, 30_000)
    expect(consumer.joined()).toBe(false)

    // Although no record comes.
    await vi.waitUntil(consumer.joined, 30_000)
    expect(offered).toBe(0)
    await send()
    await vi.waitUntil(() => offered > 0, 30_000)
  } finally {
    await close()
  }
}, 90_000)

it('a worker restarts its consumer after an error that kafkajs does not retry', async () => {
  let offers = 0
  const { consumer, send, close } = await member(
    (socket) => socket,
    () => {
      offers++
      if (offers === 1) throw new TypeError('of which kafkajs knows nothing')
    },
  )
  try {
    await consumer.start()
    await vi.waitUntil(consumer.joined, 20_000)
    await send()
    await vi.waitUntil(() => offers > 0, 20_000)
    await vi.waitUntil(() => !consumer.joined(), 20_000)
    await vi.waitUntil(() => consumer.joined() && offers > 1, 20_000)
  } finally {
    await close()
  }
}, 90_000)

/**
 * When enabled, delays heartbeats for longer than a session, and then breaks the connection at the first join request.
 */
function intercept(socket: Socket, wire: { holdHeartbeats: boolean; joinsLost: number }): Socket {
  const write = socket.write.bind(socket) as (data: Buffer, encoding: BufferEncoding) => boolean
  socket.write = ((data: Buffer, encoding: BufferEncoding) => {
    const key = data.readInt16BE(4)
    if (wire.holdHeartbeats && key === HEARTBEAT) {
      setTimeout(() => write(data, encoding), SESSION_MS + 2_000)
      return true
    }
    if (wire.holdHeartbeats && key === JOIN_GROUP) {
      wire.holdHeartbeats = false
      wire.joinsLost++
      socket.destroy(new Error('read ECONNRESET'))
      return false
    }
    return write(data, encoding)
  }) as Socket['write']
  return socket
}
