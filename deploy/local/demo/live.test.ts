import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { audits, inMemoryEmitter } from '../../../services/emitter/index.js'
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
  const trails = { signIns: inMemoryEmitter(), actions: inMemoryEmitter(audits) }
  const end = goLive(trails, seeded(1))
  vi.advanceTimersByTime(10)
  expect(trails.signIns.records).toHaveLength(1)
  vi.advanceTimersByTime(60_000)
  const times = trails.signIns.records.map(({ time }) => time / 1000)
  expect(times.length).toBeGreaterThan(300)
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  expect(times.at(-1)).toBeLessThanOrEqual(START + 60_000)
  end()
})

test('ended, nothing more happens', () => {
  const trails = { signIns: inMemoryEmitter(), actions: inMemoryEmitter(audits) }
  const end = goLive(trails, seeded(1))
  vi.advanceTimersByTime(5_000)
  end()
  const count = trails.signIns.records.length
  vi.advanceTimersByTime(600_000)
  expect(trails.signIns.records).toHaveLength(count)
  expect(vi.getTimerCount()).toBe(0)
})
