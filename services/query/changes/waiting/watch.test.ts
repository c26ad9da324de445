import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { BEGINNING, type Position } from '../position.js'
import { type Wait, watchMarks } from './watch.js'

const TOPIC = '0190f3c8-7b1e-7c3a-9d2e-112233445566'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function at(offset: number): Position {
  return new Map([[TOPIC, [offset]]])
}

/** A watch over marks that a test moves. */
function watched() {
  const state = { offset: 5, looks: 0, failure: undefined as Error | undefined }
  const watch = watchMarks({
    read: async () => {
      state.looks++
      if (state.failure !== undefined) throw state.failure
      return new Map([['s', at(state.offset)]])
    },
    intervalMs: 100,
  })
  return Object.assign(state, { watch })
}

function wait(timeoutMs = 1_000, signal = new AbortController().signal): Wait {
  return { timeoutMs, signal }
}

it('tells the marks, and of a stream without any, its beginning', async () => {
  const { watch } = watched()
  expect(await watch.marks('s')).toEqual(at(5))
  expect(await watch.marks('other')).toBe(BEGINNING)
})

it('asks once for all who ask while it is asking', async () => {
  const watching = watched()
  const answers = Array.from({ length: 10 }, () => watching.watch.marks('s'))
  watching.offset = 6
  expect(await Promise.all(answers)).toEqual([at(5), ...Array(9).fill(at(6))])
  expect(watching.looks).toBe(2)
})

it('wakes who waits when the marks move, looking once an interval for all', async () => {
  const watching = watched()
  const waiting = Array.from({ length: 50 }, () => watching.watch.beyond('s', at(5), wait()))
  await vi.advanceTimersByTimeAsync(450)
  expect(watching.looks).toBe(5)
  watching.offset = 6
  await vi.advanceTimersByTimeAsync(100)
  expect(new Set(await Promise.all(waiting))).toEqual(new Set([at(6)]))
  await vi.advanceTimersByTimeAsync(1_000)
  expect(watching.looks).toBe(6)
})

it('answers at once where something lies beyond already', async () => {
  const watching = watched()
  await watching.watch.marks('s')
  expect(await watching.watch.beyond('s', at(4), wait())).toEqual(at(5))
  expect(watching.looks).toBe(1)
})

it('lets go who has waited long enough, or has left, and looks no more', async () => {
  const watching = watched()
  const leaving = new AbortController()
  const [late, left] = [
    watching.watch.beyond('s', at(5), wait(250)),
    watching.watch.beyond('s', at(5), wait(9_000, leaving.signal)),
  ]
  await vi.advanceTimersByTimeAsync(250)
  expect(await late).toBeUndefined()
  leaving.abort()
  expect(await left).toBeUndefined()
  expect(await watching.watch.beyond('s', at(5), wait(9_000, leaving.signal))).toBeUndefined()
  const { looks } = watching
  await vi.advanceTimersByTimeAsync(1_000)
  expect(watching.looks).toBeLessThanOrEqual(looks + 1)
})

it('tells who waits that it cannot see, and sees again afterwards, no oftener than before', async () => {
  const watching = watched()
  watching.failure = new Error('away')
  const failed = [watching.watch.beyond('s', at(5), wait()), watching.watch.beyond('s', at(5), wait())]
  const refused = failed.map((each) => expect(each).rejects.toThrow('away'))
  await vi.advanceTimersByTimeAsync(0)
  await Promise.all(refused)
  const again = watching.watch.beyond('s', at(5), wait())
  watching.failure = undefined
  watching.offset = 9
  await vi.advanceTimersByTimeAsync(50)
  expect(watching.looks).toBe(1)
  await vi.advanceTimersByTimeAsync(50)
  expect(await again).toEqual(at(9))
})

it('is over when it is closed', async () => {
  const { watch } = watched()
  const waiting = watch.beyond('s', at(5), wait(9_000))
  watch.close()
  expect(await waiting).toBeUndefined()
  expect(watch.closed).toBe(true)
  expect(await watch.beyond('s', at(5), wait(9_000))).toBeUndefined()
})
