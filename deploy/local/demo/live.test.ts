import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { audits, inMemoryEmitter } from '../../../services/emitter/index.js'
import { generateLive } from './live.js'
import { seeded } from './random.js'

const START = Date.parse('2026-01-31T12:00:00Z')

beforeEach(() => {
  vi.useFakeTimers({ now: START })
})
afterEach(() => {
  vi.useRealTimers()
})

test('each record is emitted at its own time, the first at once', () => {
  const emitters = { signIns: inMemoryEmitter(), actions: inMemoryEmitter(audits) }
  const end = generateLive(emitters, seeded(1))
  vi.advanceTimersByTime(10)
  expect(emitters.signIns.records).toHaveLength(1)
  vi.advanceTimersByTime(60_000)
  const times = emitters.signIns.records.map(({ time }) => time / 1000)
  expect(times.length).toBeGreaterThan(300)
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  expect(times.at(-1)).toBeLessThanOrEqual(START + 60_000)
  end()
})

test('nothing is emitted after the end', () => {
  const emitters = { signIns: inMemoryEmitter(), actions: inMemoryEmitter(audits) }
  const end = generateLive(emitters, seeded(1))
  vi.advanceTimersByTime(5_000)
  end()
  const count = emitters.signIns.records.length
  vi.advanceTimersByTime(600_000)
  expect(emitters.signIns.records).toHaveLength(count)
  expect(vi.getTimerCount()).toBe(0)
})
