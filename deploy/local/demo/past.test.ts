import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { audits, inMemoryEmitter } from '../../../services/emitter/index.js'
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
  const trails = { signIns: inMemoryEmitter(), actions: inMemoryEmitter(audits) }
  const note = join(dir, 'note')
  await makeUpPast(trails, seeded(1), note, NOW)
  expect(existsSync(note)).toBe(true)
  const times = trails.signIns.records.map(({ time }) => time / 1000)
  expect(times.length).toBeGreaterThan(8_000)
  expect(Math.min(...times)).toBeGreaterThanOrEqual(NOW - 6 * HOUR)
  expect(Math.max(...times)).toBeLessThan(NOW)
  expect(Math.max(...times)).toBeGreaterThan(NOW - 60_000)
  const worked = trails.actions.records.map(({ time }) => time / 1000)
  expect(worked.length).toBeGreaterThan(1_000)
  expect(Math.max(...worked)).toBeLessThan(NOW)
}, 30_000)

test('the past is made up once', async () => {
  const note = join(dir, 'note')
  writeFileSync(note, '')
  const trails = { signIns: inMemoryEmitter(), actions: inMemoryEmitter(audits) }
  await makeUpPast(trails, seeded(2), note, NOW)
  expect([...trails.signIns.records, ...trails.actions.records]).toEqual([])
})
