import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest'
import { watchLogs } from './log_watch.js'

const dir = mkdtempSync(join(tmpdir(), 'gatelog-watch-'))
const file = join(dir, 'ingest.log')
const error = (msg: string) => `${JSON.stringify({ level: 'error', msg })}\n`
let said: string[]

beforeEach(() => {
  vi.useFakeTimers()
  said = []
  writeFileSync(file, '')
})
afterEach(() => {
  vi.useRealTimers()
})
afterAll(() => rmSync(dir, { recursive: true }))

function watch() {
  return watchLogs([{ name: 'ingest', file }], (line) => said.push(line))
}

test('errors are printed in one line, other lines are not', () => {
  const end = watch()
  appendFileSync(file, `{"level":"info","msg":"listening"}\n${error('Größe')}`)
  vi.advanceTimersByTime(500)
  expect(said).toEqual(['  ! ingest: Größe'])
  end()
})

test('a partial line is printed when it is complete', () => {
  const end = watch()
  const line = error('broken')
  appendFileSync(file, line.slice(0, 20))
  vi.advanceTimersByTime(500)
  expect(said).toEqual([])
  appendFileSync(file, line.slice(20))
  vi.advanceTimersByTime(500)
  expect(said).toEqual(['  ! ingest: broken'])
  end()
})

test('the same error is printed again only after a minute', () => {
  const end = watch()
  for (let half = 0; half < 121; half++) {
    appendFileSync(file, error('away'))
    vi.advanceTimersByTime(500)
  }
  expect(said).toEqual(['  ! ingest: away', '  ! ingest: away'])
  end()
})

test('the last lines are printed at the end', () => {
  const end = watch()
  appendFileSync(file, error('dying'))
  end()
  expect(said).toEqual(['  ! ingest: dying'])
})
