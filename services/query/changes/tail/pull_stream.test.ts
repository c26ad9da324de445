import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { PullStream } from './pull_stream.js'

/** A stream of pieces without end, and what became of their maker. */
function endless(stallMs: number, pauseMs = 0) {
  const made = { pieces: 0, ended: false }
  const stream = new PullStream({
    stallMs,
    generate: async function* (signal) {
      try {
        for (;;) {
          made.pieces++
          yield 'x'.repeat(1_024)
          await sleep(pauseMs, undefined, { signal })
        }
      } finally {
        made.ended = true
      }
    },
  })
  return Object.assign(made, { stream })
}

it('returns texts as they are generated, to the end', async () => {
  const stream = new PullStream({
    stallMs: 50,
    generate: async function* () {
      yield 'one '
      await sleep(100)
      yield 'two'
    },
  })
  const pieces: string[] = []
  for await (const piece of stream) pieces.push(String(piece))
  expect(pieces).toEqual(['one ', 'two'])
})

it('generates no more than its buffer for a reader that does not read, and is then destroyed', async () => {
  const state = endless(50)
  const failed = new Promise((resolve) => state.stream.once('error', resolve))
  state.stream.read(0)
  expect(await failed).toMatchObject({ code: 'READER_STALLED' })
  expect(state.pieces).toBeLessThanOrEqual(18)
  expect(state.stream.destroyed).toBe(true)
})

it('keeps a slow reader', async () => {
  const state = endless(200)
  for (let taken = 0; taken < 5; ) {
    if (state.stream.read() !== null) taken++
    await sleep(60)
  }
  expect(state.stream.destroyed).toBe(false)
  state.stream.destroy()
})

it('aborts the generator at once when it is destroyed', async () => {
  const state = endless(1_000, 60_000)
  state.stream.read(0)
  await sleep(10)
  state.stream.destroy()
  await expect.poll(() => state.ended).toBe(true)
})

it('fails with the error of its generator', async () => {
  const stream = new PullStream({
    stallMs: 50,
    generate: async function* () {
      yield 'one'
      throw new Error('a mistake')
    },
  })
  await expect(stream.toArray()).rejects.toThrow('a mistake')
})
