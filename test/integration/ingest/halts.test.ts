import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, inject, it } from 'vitest'
import { audits } from '../../../schemas/streams/index.js'
import { createEmitter, kafkaProducer } from '../../../services/emitter/index.js'
import { FINAL_CLICKHOUSE_ERRORS } from '../../../services/runtime/clickhouse_errors.js'
import { createSandbox, type Sandbox } from '../../fixtures/stack/sandbox.js'
import type { ServiceProcess } from '../../fixtures/stack/service.js'

const sandboxes: Sandbox[] = []
afterEach(async () => {
  for (const sandbox of sandboxes.splice(0)) await sandbox.close()
})

async function newSandbox(): Promise<Sandbox> {
  const sandbox = await createSandbox(inject('servers'), { partitions: 1 })
  sandboxes.push(sandbox)
  return sandbox
}

async function emit(sandbox: Sandbox, count: number): Promise<void> {
  for (let i = 0; i < count; i++) sandbox.emitter.emit({ user_id: `user-${i}`, user_agent: 'some agent' })
  await sandbox.emitter.flush()
}

async function get(ingest: ServiceProcess, path: string): Promise<string> {
  const { url } = await ingest.logged(({ msg }) => msg === 'listening')
  return (await fetch(`${url}${path}`)).text()
}

/** The value of a gauge's first series. */
async function gauge(ingest: ServiceProcess, name: string): Promise<number> {
  const line = (await get(ingest, '/metrics')).split('\n').find((each) => each.startsWith(`${name}{`))
  return Number(line?.split(' ').at(-1))
}

/** Puts a table in the place of `auth_audits` that does not take its records; `repair` puts the right one back. */
async function breakTable(sandbox: Sandbox, columns: string, constraint = ''): Promise<{ repair(): Promise<void> }> {
  const run = (query: string) => sandbox.clickhouse.command({ query })
  await run('RENAME TABLE auth_audits TO kept')
  await run(`CREATE TABLE auth_audits ENGINE = MergeTree ORDER BY time AS SELECT ${columns} FROM kept WHERE 0`)
  if (constraint !== '') await run(`ALTER TABLE auth_audits ADD CONSTRAINT checked CHECK ${constraint}`)
  return {
    async repair() {
      await run('DROP TABLE auth_audits')
      await run('RENAME TABLE kept TO auth_audits')
    },
  }
}

const COUNT = 'SELECT count() FROM auth_audits'

/** What a column that is missing or of another type makes ClickHouse answer, and a constraint. */
const REJECTIONS: readonly (readonly [string, string, string])[] = [
  ['INCORRECT_DATA', '* EXCEPT (user_agent)', ''],
  ['CANNOT_PARSE_TEXT', '* REPLACE (toUInt64(1) AS user_agent)', ''],
  ['TYPE_MISMATCH', '* REPLACE (map(1, 2) AS user_agent)', ''],
  ['VIOLATED_CONSTRAINT', '*', "user_agent = ''"],
]

describe('a block that ClickHouse rejects for good', () => {
  it('has one of the tested codes', () => {
    expect(REJECTIONS.map(([name]) => name).sort()).toEqual([...FINAL_CLICKHOUSE_ERRORS.values()].sort())
  })

  it.each(REJECTIONS)(
    'halts the partition with %s until the table is repaired, and no other',
    async (code, ...table) => {
      const sandbox = await newSandbox()
      const ingest = await sandbox.startIngest({ INGEST_HALTED_RETRY_MS: '1000' })
      await emit(sandbox, 10)
      expect(await sandbox.eventually(COUNT, '10')).toBe('10')

      const { repair } = await breakTable(sandbox, ...table)
      await emit(sandbox, 20)
      await ingest.logged((line) => line.msg === 'partition halted' && line.code === `CLICKHOUSE_${code}`)
      expect(await get(ingest, '/readyz')).toContain(`halted (CLICKHOUSE_${code})`)
      expect(await gauge(ingest, 'gatelog_ingest_halted_partitions')).toBe(1)
      expect(await gauge(ingest, 'gatelog_ingest_lag_records')).toBe(20)

      const others = createEmitter({
        createProducer: kafkaProducer(sandbox.kafka),
        stream: audits,
        topicPrefix: sandbox.prefix,
      })
      await others.publish({ event_id: randomUUID() })
      await others.close()
      expect(await sandbox.eventually('SELECT count() FROM audits', '1')).toBe('1')

      await repair()
      await emit(sandbox, 5)
      expect(await sandbox.eventually(COUNT, '35')).toBe('35')
      expect(await sandbox.scalar('SELECT uniqExact(kafka_offset) FROM auth_audits')).toBe('35')
      await ingest.logged(({ msg }) => msg === 'partition resumed')
      expect(await gauge(ingest, 'gatelog_ingest_halted_partitions')).toBe(0)
      await expect.poll(() => gauge(ingest, 'gatelog_ingest_lag_records'), { timeout: 10_000 }).toBe(0)
      expect((await get(ingest, '/readyz')).includes('halted')).toBe(false)
      expect(await ingest.stop()).toBe(0)
    },
  )
})

it('an error of ClickHouse that is on no list halts the partition, which soon goes on by itself', async () => {
  const sandbox = await newSandbox()
  const ingest = await sandbox.startIngest()
  const run = (query: string) => sandbox.clickhouse.command({ query })
  await run('CREATE TABLE copies (u UInt8) ENGINE = MergeTree ORDER BY u')
  await run('CREATE MATERIALIZED VIEW failing TO copies AS SELECT toUInt8(throwIf(1)) AS u FROM auth_audits')
  await emit(sandbox, 20)
  await ingest.logged(
    ({ msg, code }) => msg === 'partition halted' && code === 'CLICKHOUSE_FUNCTION_THROW_IF_VALUE_IS_NON_ZERO',
  )
  await run('DROP VIEW failing')
  // The shipped pause after a final error is a minute.
  expect(await sandbox.eventually(COUNT, '20', 30_000)).toBe('20')
  await ingest.logged(({ msg }) => msg === 'partition resumed')
})

it('lag is none behind the end of a transaction', async () => {
  const sandbox = await newSandbox()
  const ingest = await sandbox.startIngest()
  await emit(sandbox, 3)
  const producer = sandbox.kafka.producer({ transactionalId: randomUUID(), maxInFlightRequests: 1, idempotent: true })
  await producer.connect()
  const transaction = await producer.transaction()
  await transaction.send({ topic: sandbox.topic, messages: [{ key: 'k', value: 'junk' }] })
  await transaction.commit()
  await producer.disconnect()
  await ingest.logged(({ msg }) => msg === 'dead-lettered')
  // Longer than the interval at which the worker reads the partitions' ends.
  await new Promise((resolve) => setTimeout(resolve, 6_000))
  expect(await gauge(ingest, 'gatelog_ingest_lag_records')).toBe(0)
  expect(await gauge(ingest, 'gatelog_ingest_lag_seconds')).toBe(0)
})
