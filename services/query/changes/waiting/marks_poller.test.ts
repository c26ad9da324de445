import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { BEGINNING, type StreamPosition } from '../stream_position.js'
import { createMarksPoller, type WaitOptions } from './marks_poller.js'

const TOPIC = '0190f3c8-7b1e-7c3a-9d2e-112233445566'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function at(offset: number): StreamPosition {
  return new Map([[TOPIC, [offset]]])
}

/** A poller of marks that a test moves. */
function pollerOf() {
  const state = { offset: 5, polls: 0, failure: undefined as Error | undefined }
  const poller = createMarksPoller({
    read: async () => {
      state.polls++
      if (state.failure !== undefined) throw state.failure
      return new Map([['s', at(state.offset)]])
    },
    intervalMs: 100,
  })
  return Object.assign(state, { poller })
}

function wait(timeoutMs = 1_000, signal = new AbortController().signal): WaitOptions {
  return { timeoutMs, signal }
}

it('returns the marks, and the beginning for a stream without marks', async () => {
  const { poller } = pollerOf()
  expect(await poller.marks('s')).toEqual(at(5))
  expect(await poller.marks('other')).toBe(BEGINNING)
})

it('shares one query among all callers that come while a query runs', async () => {
  const poll = pollerOf()
  const answers = Array.from({ length: 10 }, () => poll.poller.marks('s'))
  poll.offset = 6
  expect(await Promise.all(answers)).toEqual([at(5), ...Array(9).fill(at(6))])
  expect(poll.polls).toBe(2)
})

it('wakes readers when the marks move, with one poll an interval for all', async () => {
  const poll = pollerOf()
  const waiting = Array.from({ length: 50 }, () => poll.poller.waitPast('s', at(5), wait()))
  await vi.advanceTimersByTimeAsync(450)
  expect(poll.polls).toBe(5)
  poll.offset = 6
  await vi.advanceTimersByTimeAsync(100)
  expect(new Set(await Promise.all(waiting))).toEqual(new Set([at(6)]))
  await vi.advanceTimersByTimeAsync(1_000)
  expect(poll.polls).toBe(6)
})

it('returns at once when the marks are already past the position', async () => {
  const poll = pollerOf()
  await poll.poller.marks('s')
  expect(await poll.poller.waitPast('s', at(4), wait())).toEqual(at(5))
  expect(poll.polls).toBe(1)
})

it('ends a wait after its timeout or its abort, and stops polling', async () => {
  const poll = pollerOf()
  const leaving = new AbortController()
  const [late, left] = [
    poll.poller.waitPast('s', at(5), wait(250)),
    poll.poller.waitPast('s', at(5), wait(9_000, leaving.signal)),
  ]
  await vi.advanceTimersByTimeAsync(250)
  expect(await late).toBeUndefined()
  leaving.abort()
  expect(await left).toBeUndefined()
  expect(await poll.poller.waitPast('s', at(5), wait(9_000, leaving.signal))).toBeUndefined()
  const { polls } = poll
  await vi.advanceTimersByTimeAsync(1_000)
  expect(poll.polls).toBeLessThanOrEqual(polls + 1)
})

it('rejects every wait when a poll fails, and polls again at the same interval', async () => {
  const poll = pollerOf()
  poll.failure = new Error('away')
  const failed = [poll.poller.waitPast('s', at(5), wait()), poll.poller.waitPast('s', at(5), wait())]
  const refused = failed.map((each) => expect(each).rejects.toThrow('away'))
  await vi.advanceTimersByTimeAsync(0)
  await Promise.all(refused)
  const again = poll.poller.waitPast('s', at(5), wait())
  poll.failure = undefined
  poll.offset = 9
  await vi.advanceTimersByTimeAsync(50)
  expect(poll.polls).toBe(1)
  await vi.advanceTimersByTimeAsync(50)
  expect(await again).toEqual(at(9))
})

it('ends all waits when it is closed', async () => {
  const { poller } = pollerOf()
  const waiting = poller.waitPast('s', at(5), wait(9_000))
  poller.close()
  expect(await waiting).toBeUndefined()
  expect(poller.closed).toBe(true)
  expect(await poller.waitPast('s', at(5), wait(9_000))).toBeUndefined()
})
