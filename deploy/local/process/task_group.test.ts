import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { runTaskGroup } from './task_group.js'

/** A task that runs until it is aborted, and then a little longer. */
async function endless(signal: AbortSignal, done: () => void): Promise<never> {
  await sleep(10_000, undefined, { signal }).catch(() => undefined)
  await sleep(10)
  done()
  throw signal.reason
}

test('returns all results in order', async () => {
  const { signal } = new AbortController()
  const answers = await runTaskGroup(signal, () => [sleep(5, 'slow'), Promise.resolve(2)])
  expect(answers).toEqual(['slow', 2])
})

test('when a task fails, aborts the others, waits for them and throws its error', async () => {
  let over = false
  const failing = runTaskGroup(new AbortController().signal, (signal) => [
    endless(signal, () => {
      over = true
    }),
    sleep(5).then(() => {
      throw new Error('no Kafka')
    }),
  ])
  await expect(failing).rejects.toThrow('no Kafka')
  expect(over).toBe(true)
})

test('throws the reason of the outer signal', async () => {
  const outer = new AbortController()
  const interrupted = runTaskGroup(outer.signal, (signal) => [endless(signal, () => undefined)])
  outer.abort(new Error('interrupted'))
  await expect(interrupted).rejects.toThrow('interrupted')
})
