import { appendFileSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest'
import { limitLogs } from './log_limit.js'
import { watchLogs } from './log_watch.js'

const dir = mkdtempSync(join(tmpdir(), 'gatelog-limit-'))
afterAll(() => rmSync(dir, { recursive: true }))
beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('a log that a process keeps open stays below the limit, with its last lines', () => {
  const file = join(dir, 'clickhouse.log')
  const fd = openSync(file, 'a')
  const end = limitLogs([file, join(dir, 'missing.log')], 1_000)
  for (let line = 0; line < 1_000; line++) {
    writeSync(fd, `${String(line).padStart(49)}\n`)
    if (line % 10 === 9) vi.advanceTimersByTime(5_000)
  }
  end()
  closeSync(fd)
  expect(statSync(file).size + statSync(`${file}.previous`).size).toBeLessThan(3_000)
  expect(readFileSync(`${file}.previous`, 'utf8') + readFileSync(file, 'utf8')).toMatch(/ 998\n +999\n$/)
})

test('errors are still printed after the log was truncated', () => {
  const file = join(dir, 'ingest.log')
  const error = (msg: string) => `${JSON.stringify({ level: 'error', msg })}\n`
  appendFileSync(file, `${' '.repeat(2_000)}\n`)
  const printed: string[] = []
  const endWatch = watchLogs([{ name: 'ingest', file }], (line) => printed.push(line))
  const endLimit = limitLogs([file], 1_000)
  vi.advanceTimersByTime(5_000)
  appendFileSync(file, error('after'))
  vi.advanceTimersByTime(500)
  endLimit()
  endWatch()
  expect(printed).toEqual(['  ! ingest: after'])
})
