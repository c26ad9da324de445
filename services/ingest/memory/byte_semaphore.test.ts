import { expect, it } from 'vitest'
import { ByteSemaphore } from './byte_semaphore.js'

it('admits waiting requests in order, as bytes are released', async () => {
  const semaphore = new ByteSemaphore(10)
  const admitted: string[] = []
  await semaphore.acquire(8)
  const first = semaphore.acquire(7).then(() => admitted.push('first'))
  const second = semaphore.acquire(1).then(() => admitted.push('second'))
  expect(semaphore.tryAcquire(1)).toBe(false)
  semaphore.release(4)
  await Promise.resolve()
  expect(admitted).toEqual([])
  semaphore.release(4)
  await Promise.all([first, second])
  expect(admitted).toEqual(['first', 'second'])
  expect(semaphore.used).toBe(8)
})

it('admits a request larger than the limit when nothing else is held', () => {
  const semaphore = new ByteSemaphore(10)
  expect(semaphore.tryAcquire(25)).toBe(true)
  expect(semaphore.tryAcquire(1)).toBe(false)
})

it('counts bytes that are acquired without waiting', () => {
  const semaphore = new ByteSemaphore(10)
  semaphore.acquireNow(12)
  expect(semaphore.tryAcquire(1)).toBe(false)
  semaphore.release(12)
  expect(semaphore.used).toBe(0)
})
