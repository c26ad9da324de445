import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { createEmitter, kafkaProducer } from '../../../services/emitter/index.js'
import { createSandbox, type Sandbox } from '../../fixtures/stack/sandbox.js'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await createSandbox(inject('servers'), { partitions: 1 })
  // The first producer of a new broker waits for its coordinator.
  await sandbox.emitter.publish({ user_id: 'first' })
})
afterAll(() => sandbox.close())

/** API keys of the Kafka protocol. */
const PRODUCE = 0
const INIT_PRODUCER_ID = 22

/** A kafkajs client on sockets that are counted, and that lose the requests which `loses` chooses. */
function observedKafka(loses: (apiKey: number) => boolean) {
  const sockets = new Set<Socket>()
  const requests: number[] = []
  const lines: string[] = []
  const kafka = new Kafka({
    clientId: 'observed',
    brokers: [...inject('servers').brokers],
    requestTimeout: 700,
    retry: { retries: 2, initialRetryTime: 50, maxRetryTime: 100 },
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => {
      lines.push(entry.log.message)
    },
    socketFactory: ({ host, port, onConnect }) => {
      const socket = connect(port, host, onConnect)
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      const write = socket.write.bind(socket)
      // A request begins with its length, in four bytes, and its API key, in two.
      socket.write = (request: Uint8Array | string) => {
        const apiKey = Buffer.from(request as Uint8Array).readInt16BE(4)
        requests.push(apiKey)
        return loses(apiKey) || write(request)
      }
      return socket
    },
  })
  return { kafka, sockets, requests, lines }
}

async function storedMessages(): Promise<number> {
  const admin = sandbox.kafka.admin()
  await admin.connect()
  const [partition] = await admin.fetchTopicOffsets(sandbox.topic)
  await admin.disconnect()
  return Number(partition?.high)
}

async function untilClosed(sockets: ReadonlySet<Socket>): Promise<number> {
  for (let waited = 0; waited < 10_000 && sockets.size > 0; waited += 50) await sleep(50)
  return sockets.size
}

test('kafkajs has nothing to warn of', async () => {
  const { kafka, sockets, lines } = observedKafka(() => false)
  const emitter = createEmitter({ createProducer: kafkaProducer(kafka), topicPrefix: sandbox.prefix })
  await emitter.publish({ user_id: 'u' })
  await emitter.close()
  expect(await untilClosed(sockets)).toBe(0)
  expect(lines).toEqual([])
})

test('a producer that gets no producer id leaves no connection open', async () => {
  let lost = 0
  const { kafka, sockets } = observedKafka((apiKey) => apiKey === INIT_PRODUCER_ID && lost++ < 3)
  const emitter = createEmitter({ createProducer: kafkaProducer(kafka), topicPrefix: sandbox.prefix })
  await emitter.publish({ user_id: 'u' })
  expect(lost).toBeGreaterThan(1)
  // The connection of the producer that works.
  expect(sockets.size).toBe(1)
  await emitter.close()
  expect(await untilClosed(sockets)).toBe(0)
})

test('an emitter that closes while its producer connects leaves no connection open', async () => {
  const { kafka, sockets, requests } = observedKafka((apiKey) => apiKey === INIT_PRODUCER_ID)
  const emitter = createEmitter({
    createProducer: kafkaProducer(kafka),
    topicPrefix: sandbox.prefix,
    closeTimeoutMs: 50,
    lingerMs: 0,
  })
  emitter.emit({ user_id: 'u' })
  while (!requests.includes(INIT_PRODUCER_ID)) await sleep(5)
  await emitter.close()
  expect(await untilClosed(sockets)).toBe(0)
  expect(requests).not.toContain(PRODUCE)
})

test('nothing is sent after close has said what is dropped', async () => {
  let lost = 0
  const { kafka, sockets, requests } = observedKafka((apiKey) => apiKey === PRODUCE && lost++ === 0)
  const before = await storedMessages()
  const counts: Record<string, number> = {}
  const ignore = { inc: () => undefined, set: () => undefined }
  const records = {
    inc: ({ outcome = '' }: Record<string, string>, value = 1) => {
      counts[outcome] = (counts[outcome] ?? 0) + value
    },
  }
  const emitter = createEmitter({
    createProducer: kafkaProducer(kafka),
    topicPrefix: sandbox.prefix,
    closeTimeoutMs: 50,
    lingerMs: 0,
    metrics: { records, retries: ignore, queuedBytes: ignore },
  })
  emitter.emit({ user_id: 'lost' })
  while (lost === 0) await sleep(5)
  emitter.emit({ user_id: 'queued' })
  await emitter.close()
  expect(counts).toEqual({ unconfirmed: 1, dropped: 1 })
  expect(await untilClosed(sockets)).toBe(0)
  // kafkajs would send again when the request has timed out.
  await sleep(2_000)
  expect(requests.filter((apiKey) => apiKey === PRODUCE)).toHaveLength(1)
  expect(sockets.size).toBe(0)
  expect(await storedMessages()).toBe(before)
})
