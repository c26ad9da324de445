import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDataFolder } from './data_folder.js'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gatelog-folder-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

test('a folder that does not exist is created, for its owner only', () => {
  const { path } = openDataFolder(join(dir, 'a', 'b'))
  expect(path).toBe(join(dir, 'a', 'b'))
  expect(statSync(path).mode & 0o777).toBe(0o700)
})

test('a file at that path is an error', () => {
  const file = join(dir, 'file')
  writeFileSync(file, '')
  expect(() => openDataFolder(file)).toThrow(
    `The data folder ${file} cannot be created (EEXIST): choose another folder with --data.`,
  )
})

test('a folder that cannot be created is an error', () => {
  expect(() => openDataFolder('/proc/gatelog/a')).toThrow('The data folder /proc/gatelog/a cannot be created (ENOENT)')
})

test('a path that is a glob pattern is rejected', () => {
  expect(() => openDataFolder(join(dir, '{a,b}'))).toThrow(/contains one of \* \? \{ \}/)
})
