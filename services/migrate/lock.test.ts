import { PassThrough } from 'node:stream'
import { type ClickHouseClient, ClickHouseError } from '@clickhouse/client'
import { expect, it } from 'vitest'
import { lockMigrations } from './lock.js'

/** Stands in for a client, because a test can't break a real connection at a given moment. */
function fakeClient(refusals = 0) {
  const held = new PassThrough()
  const statements: string[] = []
  let left = refusals
  const client = {
    query: async () => ({ json: async () => [{ name: 'gatelog' }] }),
    exec: async () => ({ stream: held }),
    command: async ({ query }: { query: string }) => {
      if (left-- > 0) {
        throw new ClickHouseError({
          message: 'Query with id = … is already running.',
          code: '216',
          type: 'QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING',
        })
      }
      statements.push(query)
    },
  }
  return { client: client as unknown as ClickHouseClient, held, statements }
}

it('runs no statement once the connection that holds the lock is broken', async () => {
  const { client, held, statements } = fakeClient()
  const lock = await lockMigrations(client, 1_000)
  await lock.run('SELECT 1')
  held.destroy(new Error('reset'))
  await expect(lock.run('SELECT 2')).rejects.toMatchObject({ code: 'MIGRATION_LOCK_LOST', retriable: true })
  expect(statements).toEqual(['SELECT 1'])
})

it('runs no statement if the lock breaks while it waits for the statement of an earlier run', async () => {
  const { client, held, statements } = fakeClient(3)
  const lock = await lockMigrations(client, 5_000)
  const waiting = lock.run('SELECT 1')
  setTimeout(() => held.destroy(), 50)
  await expect(waiting).rejects.toMatchObject({ code: 'MIGRATION_LOCK_LOST' })
  expect(statements).toEqual([])
})

it('waits for the statement of an earlier run, but not forever', async () => {
  const { client, statements } = fakeClient(2)
  await (await lockMigrations(client, 5_000)).run('SELECT 1')
  expect(statements).toEqual(['SELECT 1'])
  const stuck = await lockMigrations(fakeClient(Number.POSITIVE_INFINITY).client, 150)
  await expect(stuck.run('SELECT 1')).rejects.toMatchObject({ code: 'MIGRATION_LOCKED', retriable: true })
})
