import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openFolder } from './folder.js'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gatelog-folder-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

test('it is made where it is not there, for its owner alone', () => {
  const { path } = openFolder(join(dir, 'a', 'b'))
  expect(path).toBe(join(dir, 'a', 'b'))
  expect(statSync(path).mode & 0o777).toBe(0o700)
})

test('a file in its place is told of', () => {
  const file = join(dir, 'file')
  writeFileSync(file, '')
  expect(() => openFolder(file)).toThrow(`The data folder ${file} cannot be made (EEXIST): choose another with --data.`)
})

test('a place where nothing can be made is told of', () => {
  expect(() => openFolder('/proc/gatelog/a')).toThrow('The data folder /proc/gatelog/a cannot be made (ENOENT)')
})

test('a path that ClickHouse would take for a pattern is refused', () => {
  expect(() => openFolder(join(dir, '{a,b}'))).toThrow(/has one of \* \? \{ \} in its path/)
})
