import { expect, it, vi } from 'vitest'
import { RetentionError } from './errors.js'
import type { Events } from './events.js'
import { startSchedule } from './schedule.js'

function recorder() {
  const events = { dropped: vi.fn(), ran: vi.fn(), failed: vi.fn() } satisfies Events
  return events
}

it('runs again after the interval, and sooner after a failure, which it reports until a run works', async () => {
  const events = recorder()
  const results = [new Error('away\nwith details'), undefined, undefined]
  const faults: (string | undefined)[] = []
  let ran = 0
  const enough = Promise.resolve().then(() => vi.waitFor(() => expect(ran).toBeGreaterThanOrEqual(3)))
  const schedule = startSchedule(
    async () => {
      if (ran > 0) faults.push(schedule.fault())
      const result = results[ran++]
      if (result !== undefined) throw result
    },
    events,
    { intervalMs: 1, retryMs: 1 },
  )
  await enough
  await schedule.stop()
  expect(faults.slice(0, 2)).toEqual(['away', undefined])
  expect(events.failed).toHaveBeenCalledTimes(1)
  expect(events.ran.mock.calls.length).toBeGreaterThanOrEqual(2)
})

it('takes another process that runs for no failure', async () => {
  const events = recorder()
  const run = vi.fn(async () => {
    throw new RetentionError('RETENTION_RUNNING', 'busy')
  })
  const schedule = startSchedule(run, events, { intervalMs: 3_600_000, retryMs: 1 })
  await vi.waitFor(() => expect(run).toHaveBeenCalledTimes(1))
  await schedule.stop()
  expect([run.mock.calls.length, events.failed.mock.calls.length, schedule.fault()]).toEqual([1, 0, undefined])
})

it('stops when the run that is at work has ended, and asks it to end', async () => {
  let ended = false
  const schedule = startSchedule(
    (signal) =>
      new Promise((resolve) =>
        signal.addEventListener('abort', () => {
          ended = true
          resolve()
        }),
      ),
    recorder(),
    { intervalMs: 1 },
  )
  await schedule.stop()
  expect(ended).toBe(true)
})
