import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { PartitionWorker } from '../partition/partition_worker.js'
import type { PartitionStatus } from '../partition/status.js'
import { finish, within } from './stop.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function worker(settled: Promise<void>) {
  const unfinished = vi.fn<(status: PartitionStatus) => void>()
  const revoke = vi.fn()
  const status = { partition: 3, lag: { records: 5, seconds: 1 } }
  const fake = { drain: () => settled, revoke, status, context: { events: { unfinished } } }
  return { worker: fake as unknown as PartitionWorker, unfinished, revoke, status }
}

it('waits for workers that finish, and ends and reports those that can’t', async () => {
  const quick = worker(Promise.resolve())
  const stuck = worker(new Promise(() => undefined))
  const finished = vi.fn()
  void finish([quick.worker, stuck.worker]).then(finished)
  await vi.advanceTimersByTimeAsync(9_999)
  expect(finished).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  expect(finished).toHaveBeenCalled()
  expect(quick.revoke).not.toHaveBeenCalled()
  expect(quick.unfinished).not.toHaveBeenCalled()
  expect(stuck.revoke).toHaveBeenCalled()
  expect(stuck.unfinished).toHaveBeenCalledWith(stuck.status)
})

it('takes a failure for an end', async () => {
  expect(await within(1_000, Promise.reject(new Error('not connected')))).toBe(true)
})
