import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { inMemoryEmitter } from '../../../services/emitter/index.js'
import { goLive } from './live.js'
import { seeded } from './random.js'

const START = Date.parse('2026-01-31T12:00:00Z')

beforeEach(() => {
  vi.useFakeTimers({ now: START })
})
afterEach(() => {
  vi.useRealTimers()
})

test('records are emitted at the moment that they tell of, the first at once', () => {
  const emitter = inMemoryEmitter()
  const end = goLive(emitter, seeded(1))
  vi.advanceTimersByTime(10)
  expect(emitter.records).toHaveLength(1)
  vi.advanceTimersByTime(60_000)
  const times = emitter.records.map(({ time }) => time / 1000)
  expect(times.length).toBeGreaterThan(300)
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  expect(times.at(-1)).toBeLessThanOrEqual(START + 60_000)
  end()
})

test('ended, nothing more happens', () => {
  const emitter = inMemoryEmitter()
  const end = goLive(emitter, seeded(1))
  vi.advanceTimersByTime(5_000)
  end()
  const count = emitter.records.length
  vi.advanceTimersByTime(600_000)
  expect(emitter.records).toHaveLength(count)
  expect(vi.getTimerCount()).toBe(0)
})
