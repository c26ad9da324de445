import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { together } from './together.js'

/** Something that takes until it is given up, and then a little longer. */
async function endless(signal: AbortSignal, done: () => void): Promise<never> {
  await sleep(10_000, undefined, { signal }).catch(() => undefined)
  await sleep(10)
  done()
  throw signal.reason
}

test('all done: every answer, in order', async () => {
  const { signal } = new AbortController()
  const answers = await together(signal, () => [sleep(5, 'slow'), Promise.resolve(2)])
  expect(answers).toEqual(['slow', 2])
})

test('one fails: the others are given up and waited for, and its error is what comes out', async () => {
  let over = false
  const failing = together(new AbortController().signal, (signal) => [
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

test('given up from outside: that reason is what comes out', async () => {
  const outer = new AbortController()
  const interrupted = together(outer.signal, (signal) => [endless(signal, () => undefined)])
  outer.abort(new Error('interrupted'))
  await expect(interrupted).rejects.toThrow('interrupted')
})
