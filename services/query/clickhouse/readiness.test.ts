import { expect, it } from 'vitest'
import { authAudits } from '../../../schemas/streams/index.js'
import type { Database } from './database.js'
import { DatabaseError, databaseErrorOf } from './errors.js'
import { readinessCheck } from './readiness.js'

it('asks the database at most once a second, and for all who ask at once only once', async () => {
  let now = 0
  let failing = true
  let asked = 0
  const database: Database = {
    async rows() {
      asked++
      if (failing) throw new DatabaseError('STORE_UNAVAILABLE', 'ECONNREFUSED')
      return []
    },
  }
  const ready = readinessCheck(database, [authAudits], () => now)
  for (let call = 0; call < 100; call++) expect(await ready()).toBe('ClickHouse (ECONNREFUSED)')
  expect(await Promise.all(Array.from({ length: 100 }, ready))).toContain('ClickHouse (ECONNREFUSED)')
  expect(asked).toBe(1)
  failing = false
  now = 999
  expect(await ready()).toBe('ClickHouse (ECONNREFUSED)')
  now = 1_000
  expect(await ready()).toBeUndefined()
  expect(await ready()).toBeUndefined()
  // The table, and the marks.
  expect(asked).toBe(3)
})

it('says that a database does not answer, not that a caller left', async () => {
  const database: Database = {
    rows: (_query, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(databaseErrorOf(new Error('aborted'), signal)))
      }),
  }
  expect(await readinessCheck(database, [authAudits])()).toBe('ClickHouse (NO_ANSWER)')
})
