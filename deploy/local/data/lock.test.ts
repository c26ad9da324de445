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

test('one holds it, and another is told who', () => {
  const lock = takeLock(file, dir)
  expect(lock.leftBehind).toBe(false)
  expect(() => takeLock(file, dir)).toThrow(`Another start (process ${process.pid}) uses the data folder ${dir}`)
  lock.release()
})

test('given back, the next one takes it', () => {
  takeLock(file, dir).release()
  const next = takeLock(file, dir)
  expect(next.leftBehind).toBe(false)
  next.release()
})

test('a holder that ended without giving it back is noticed, and does not stand in the way', () => {
  writeFileSync(file, '4711\n')
  const lock = takeLock(file, dir)
  expect(lock.leftBehind).toBe(true)
  lock.release()
})
