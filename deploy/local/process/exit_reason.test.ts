import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { describeExit, firstErrorLine, lastErrorLine, summarizeLine } from './exit_reason.js'

const dir = mkdtempSync(join(tmpdir(), 'gatelog-words-'))
const logFile = join(dir, 'x.log')
afterAll(() => rmSync(dir, { recursive: true }))

test('the last error is the reason', () => {
  writeFileSync(
    logFile,
    [
      '{"level":"error","msg":"earlier"}',
      '{"level":"fatal","msg":"could not start","err":{"message":"no such table"}}',
      '{"level":"info","msg":"stopped"}',
      '',
    ].join('\n'),
  )
  expect(lastErrorLine(logFile)).toBe('could not start: no such table')
})

test.each([
  ['TypeError: callback is not a function', '    at Socket.emit (node:events:536:35)'],
  ['2026-11-21 [main] ERROR kafka.Kafka - Exiting', 'a stack'],
  ['Code: 210. DB::Exception: Address already in use', 'bye'],
])('%s is an error', (line, after) => {
  writeFileSync(logFile, `hello\n${line}\n${after}\n`)
  expect(lastErrorLine(logFile)).toBe(line)
})

test('without an error, the last line is the reason', () => {
  writeFileSync(logFile, 'one\ntwo\n\n')
  expect(lastErrorLine(logFile)).toBe('two')
})

test('a process that was killed has no reason in its log', () => {
  writeFileSync(logFile, 'listening\n')
  const child = { name: 'ingest', logFile }
  expect(describeExit(child, { code: null, signal: 'SIGKILL' })).toBe(
    `ingest exited unexpectedly (SIGKILL) (see ${logFile}).`,
  )
  expect(describeExit(child, { code: 1, signal: null })).toBe(
    `ingest exited unexpectedly (exit code 1): listening (see ${logFile}).`,
  )
})

test('a log that does not exist has no reason', () => {
  const exit = { code: null, signal: 'SIGKILL' } as const
  expect(describeExit({ name: 'Kafka', logFile: '/nowhere.log' }, exit)).toBe(
    'Kafka exited unexpectedly (SIGKILL) (see /nowhere.log).',
  )
})

test('a long line is truncated, and JSON that is not a log line is unchanged', () => {
  expect(summarizeLine('x'.repeat(1000))).toHaveLength(300)
  expect(summarizeLine('"text"')).toBe('"text"')
  expect(summarizeLine('{"a":1}')).toBe('{"a":1}')
})

test('the first error skips the advice after it', () => {
  writeFileSync(logFile, '[INFO] hello\n\u001b[0m[ERROR] no network\n[ERROR] For more information, read on\n')
  expect(firstErrorLine(logFile)).toBe('[ERROR] no network')
})
