import { Partitioners, type Producer } from 'kafkajs'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { userValues } from '../../fixtures/records/user_values.js'
import { createSandbox, type Sandbox } from '../../fixtures/stack/sandbox.js'
import type { ServiceProcess } from '../../fixtures/stack/service.js'

let sandbox: Sandbox
const producers: Producer[] = []
beforeAll(async () => {
  sandbox = await createSandbox(inject('servers'), { partitions: 1 })
})
afterAll(async () => {
  for (const producer of producers) await producer.disconnect()
  await sandbox.close()
})

async function transactionalProducer(name: string): Promise<Producer> {
  const producer = sandbox.kafka.producer({
    transactionalId: `${sandbox.database}-${name}`,
    idempotent: true,
    maxInFlightRequests: 1,
    createPartitioner: Partitioners.DefaultPartitioner,
  })
  await producer.connect()
  producers.push(producer)
  return producer
}

async function send(to: Pick<Producer, 'send'>, name: string, from: number, until: number): Promise<void> {
  await to.send({ topic: sandbox.topic, messages: userValues(name, from, until).map((value) => ({ value })) })
}

const lost = ({ log }: ServiceProcess) => log.filter(({ msg }) => msg === 'Kafka no longer has these offsets')
const USERS = "SELECT arrayStringConcat(arraySort(groupArray(user_id)), ' ') FROM auth_audits"

it('stores no record of an aborted transaction, even of two that began before the fetch, and loses nothing', async () => {
  const [one, two, three] = [
    await transactionalProducer('1'),
    await transactionalProducer('2'),
    await transactionalProducer('3'),
  ]
  const first = await one.transaction()
  const second = await two.transaction()
  await send(first, 'aborted-1', 0, 2) // Offsets 0 and 1.
  await send(second, 'aborted-2', 0, 2) // 2 and 3.
  // The worker begins here.
  await send(second, 'aborted-2', 2, 4) // 4 and 5.
  await send(first, 'aborted-1', 2, 4) // 6 and 7.
  const third = await three.transaction()
  await send(third, 'committed', 0, 2) // 8 and 9.
  await first.abort()
  await send(second, 'aborted-2', 4, 6)
  await third.commit()
  await second.abort()
  // The same producers again: what they commit now is stored.
  const again = await one.transaction()
  await send(again, 'again', 0, 2)
  await again.commit()

  const admin = sandbox.kafka.admin()
  await admin.connect()
  await admin.setOffsets({
    groupId: sandbox.database,
    topic: sandbox.topic,
    partitions: [{ partition: 0, offset: '4' }],
  })
  const ingest = await sandbox.startIngest()
  const expected = 'again-0 again-1 committed-0 committed-1'
  expect(await sandbox.eventually(USERS, expected, 30_000)).toBe(expected)

  // A transaction that is aborted as a whole, at the end of the log, is skipped too.
  const last = await two.transaction()
  await send(last, 'aborted-2', 6, 8)
  await last.abort()
  await send(await plain(), 'plain', 0, 1)
  expect(await sandbox.eventually(USERS, `${expected} plain-0`, 30_000)).toBe(`${expected} plain-0`)
  expect(lost(ingest)).toEqual([])
  expect(await ingest.stop()).toBe(0)

  // A worker that begins again reads on behind all of it.
  const successor = await sandbox.startIngest()
  await send(await plain(), 'plain', 1, 2)
  expect(await sandbox.eventually(USERS, `${expected} plain-0 plain-1`, 30_000)).toBe(`${expected} plain-0 plain-1`)
  expect(lost(successor)).toEqual([])
  await admin.disconnect()
})

async function plain(): Promise<Producer> {
  const producer = sandbox.kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  producers.push(producer)
  return producer
}
