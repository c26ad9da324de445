import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { inMemoryEmitter } from '../../../services/emitter/index.js'
import { makeUpPast } from './past.js'
import { seeded } from './random.js'

const NOW = Date.parse('2026-01-31T12:00:00Z')
const HOUR = 60 * 60 * 1000

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gatelog-past-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

test('the six hours before the first start are made up, and nothing after it', async () => {
  const emitter = inMemoryEmitter()
  const note = join(dir, 'note')
  await makeUpPast(emitter, seeded(1), note, NOW)
  expect(existsSync(note)).toBe(true)
  const times = emitter.records.map(({ time }) => time / 1000)
  expect(times.length).toBeGreaterThan(8_000)
  expect(Math.min(...times)).toBeGreaterThanOrEqual(NOW - 6 * HOUR)
  expect(Math.max(...times)).toBeLessThan(NOW)
  expect(Math.max(...times)).toBeGreaterThan(NOW - 60_000)
}, 30_000)

test('the past is made up once', async () => {
  const note = join(dir, 'note')
  writeFileSync(note, '')
  const emitter = inMemoryEmitter()
  await makeUpPast(emitter, seeded(2), note, NOW)
  expect(emitter.records).toEqual([])
})
