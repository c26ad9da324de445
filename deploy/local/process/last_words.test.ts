import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { brief, describeEnd, firstError, lastWords } from './last_words.js'

const dir = mkdtempSync(join(tmpdir(), 'gatelog-words-'))
const logFile = join(dir, 'x.log')
afterAll(() => rmSync(dir, { recursive: true }))

test('the last line that tells of an error is what counts', () => {
  writeFileSync(
    logFile,
    [
      '{"level":"error","msg":"earlier"}',
      '{"level":"fatal","msg":"could not start","err":{"message":"no such table"}}',
      '{"level":"info","msg":"stopped"}',
      '',
    ].join('\n'),
  )
  expect(lastWords(logFile)).toBe('could not start: no such table')
})

test.each([
  ['TypeError: callback is not a function', '    at Socket.emit (node:events:536:35)'],
  ['2026-11-21 [main] ERROR kafka.Kafka - Exiting', 'a stack'],
  ['Code: 210. DB::Exception: Address already in use', 'bye'],
])('%s is an error', (line, after) => {
  writeFileSync(logFile, `hello\n${line}\n${after}\n`)
  expect(lastWords(logFile)).toBe(line)
})

test('without one, the last line', () => {
  writeFileSync(logFile, 'one\ntwo\n\n')
  expect(lastWords(logFile)).toBe('two')
})

test('a log that is not there has none', () => {
  const exit = { code: null, signal: 'SIGKILL' } as const
  expect(describeEnd({ name: 'Kafka', logFile: '/nowhere.log' }, exit)).toBe(
    'Kafka ended by itself (SIGKILL) (see /nowhere.log).',
  )
})

test('a line is cut where it gets long, and JSON that is not a log line is left as it is', () => {
  expect(brief('x'.repeat(1000))).toHaveLength(300)
  expect(brief('"text"')).toBe('"text"')
  expect(brief('{"a":1}')).toBe('{"a":1}')
})

test('of a writer that explains itself at length, the first error', () => {
  writeFileSync(logFile, '[INFO] hello\n\u001b[0m[ERROR] no network\n[ERROR] For more information, read on\n')
  expect(firstError(logFile)).toBe('[ERROR] no network')
})
