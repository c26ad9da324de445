import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { takeLock } from './lock.js'

let dir: string
let file: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gatelog-lock-'))
  file = join(dir, 'lock')
})
afterEach(() => rmSync(dir, { recursive: true }))

test('a second holder is rejected, and the error names the first', () => {
  const lock = takeLock(file, dir)
  expect(lock.wasAbandoned).toBe(false)
  expect(() => takeLock(file, dir)).toThrow(
    `Another \`npm start\` (process ${process.pid}) uses the data folder ${dir}`,
  )
  lock.release()
})

test('a folder that cannot be written is an error', () => {
  expect(() => takeLock('/proc/lock', '/proc')).toThrow(
    /^The data folder \/proc cannot be written \(E\w+\): choose another folder with --data\.$/,
  )
})

test('a released lock can be taken again', () => {
  takeLock(file, dir).release()
  const next = takeLock(file, dir)
  expect(next.wasAbandoned).toBe(false)
  next.release()
})

test('an abandoned lock can be taken and is reported', () => {
  writeFileSync(file, '4711\n')
  const lock = takeLock(file, dir)
  expect(lock.wasAbandoned).toBe(true)
  lock.release()
})
