import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { databaseErrorOf } from './errors.js'
import { Liveness } from './liveness.js'

const never = new AbortController().signal

/** A call that lasts until its signal aborts, like a query to a database that says nothing. */
function hangingCall(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(databaseErrorOf(new Error('aborted'), signal)))
  })
}

it('ends all calls when the database does not answer a ping, and says that the database is unavailable', async () => {
  const liveness = new Liveness({ ping: async () => false, intervalMs: 20 })
  const calls = [liveness.guard(never, hangingCall), liveness.guard(never, hangingCall)]
  for (const call of calls) {
    await expect(call).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', reason: 'NO_ANSWER' })
  }
})

it('rejects new calls at once until the database answers again', async () => {
  let answers = false
  const liveness = new Liveness({ ping: async () => answers, intervalMs: 20 })
  await expect(liveness.guard(never, hangingCall)).rejects.toThrow()
  await expect(liveness.guard(never, async () => 'rows')).rejects.toMatchObject({ reason: 'NO_ANSWER' })
  answers = true
  await expect.poll(() => liveness.guard(never, async () => 'rows').catch(() => 'rejected')).toBe('rows')
})

it('lets long calls run as long as the database answers pings', async () => {
  let pings = 0
  const liveness = new Liveness({
    ping: async () => {
      pings++
      return true
    },
    intervalMs: 10,
  })
  expect(await liveness.guard(never, () => delay(200, 'rows'))).toBe('rows')
  expect(pings).toBeGreaterThan(2)
})

it('does not ping for short calls, or without any', async () => {
  let pings = 0
  const liveness = new Liveness({
    ping: async () => {
      pings++
      return true
    },
    intervalMs: 200,
  })
  for (let call = 0; call < 100; call++) await liveness.guard(never, async () => 'rows')
  await delay(500)
  expect(pings).toBe(0)
})

it('a caller that leaves is still one that left', async () => {
  const leaving = new AbortController()
  const call = new Liveness({ ping: async () => true }).guard(leaving.signal, hangingCall)
  leaving.abort()
  await expect(call).rejects.toMatchObject({ code: 'QUERY_CANCELLED' })
})
