import { connect } from 'node:net'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { createEmitter, kafkaProducer } from '../../../services/emitter/index.js'
import { createSandbox, type Sandbox } from '../../fixtures/stack/sandbox.js'

const RECORDS = 2_000

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await createSandbox(inject('servers'))
  await sandbox.startIngest()
})
afterAll(() => sandbox.close())

/** A client that counts the bytes it sends. */
function countingKafka() {
  const sent = { bytes: 0 }
  const kafka = new Kafka({
    clientId: 'counting',
    brokers: [...inject('servers').brokers],
    logLevel: logLevel.NOTHING,
    socketFactory: ({ host, port, onConnect }) => {
      const socket = connect(port, host, onConnect)
      const write = socket.write.bind(socket)
      socket.write = (request: Uint8Array | string) => {
        sent.bytes += request.length
        return write(request)
      }
      return socket
    },
  })
  return { kafka, sent }
}

async function bytesSent(compression: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'): Promise<number> {
  const { kafka, sent } = countingKafka()
  const createProducer = kafkaProducer(kafka, { compression })
  const emitter = createEmitter({ createProducer, topicPrefix: sandbox.prefix })
  for (let index = 0; index < RECORDS; index++) {
    emitter.emit({ user_id: `${compression} ${index}`, user_agent: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0' })
  }
  await emitter.flush()
  await emitter.close()
  return sent.bytes
}

it('a broker takes every compression, ingest stores what was sent, and it is smaller', async () => {
  const uncompressed = await bytesSent('none')
  for (const compression of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    expect(await bytesSent(compression), compression).toBeLessThan(uncompressed / 1.5)
  }
  const stored =
    "SELECT toString(groupUniqArray(n)) FROM (SELECT count() AS n FROM auth_audits GROUP BY splitByChar(' ', user_id)[1])"
  expect(await sandbox.eventually('SELECT uniqExact(user_id) FROM auth_audits', String(5 * RECORDS))).toBe(
    String(5 * RECORDS),
  )
  expect(await sandbox.scalar(stored)).toBe(`[${RECORDS}]`)
})
