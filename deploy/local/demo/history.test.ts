import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { audits, authAudits, inMemoryEmitter } from '../../../services/emitter/index.js'
import { generateHistory } from './history.js'
import { seeded } from './random.js'

const NOW = Date.parse('2026-01-31T12:00:00Z')
const HOUR = 60 * 60 * 1000

/** Emitters whose clock stands at `now`, in milliseconds since the epoch. */
function emittersAt(now: number) {
  const clock = { now: () => now }
  return { signIns: inMemoryEmitter(authAudits, clock), actions: inMemoryEmitter(audits, clock) }
}

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gatelog-past-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

test('generates the six hours before the first start, and nothing after it', async () => {
  const emitters = emittersAt(NOW)
  const note = join(dir, 'note')
  await generateHistory(emitters, seeded(1), note, NOW)
  expect(existsSync(note)).toBe(true)
  const times = emitters.signIns.records.map(({ time }) => time / 1000)
  expect(times.length).toBeGreaterThan(8_000)
  expect(Math.min(...times)).toBeGreaterThanOrEqual(NOW - 6 * HOUR)
  expect(Math.max(...times)).toBeLessThan(NOW)
  expect(Math.max(...times)).toBeGreaterThan(NOW - 60_000)
  const worked = emitters.actions.records.map(({ time }) => time / 1000)
  expect(worked.length).toBeGreaterThan(1_000)
  expect(Math.max(...worked)).toBeLessThan(NOW)
}, 30_000)

test('generates the history once', async () => {
  const note = join(dir, 'note')
  writeFileSync(note, '')
  const emitters = emittersAt(NOW)
  await generateHistory(emitters, seeded(2), note, NOW)
  expect([...emitters.signIns.records, ...emitters.actions.records]).toEqual([])
})
