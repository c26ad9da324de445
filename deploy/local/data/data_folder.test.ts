import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
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

test('a folder that others can open is closed to them, if it is empty or a data folder', () => {
  for (const files of [[], ['secrets.json', 'stack.json']]) {
    const path = join(dir, `open-${files.length}`)
    mkdirSync(path)
    for (const file of files) writeFileSync(join(path, file), '')
    chmodSync(path, 0o755)
    openDataFolder(path)
    expect(statSync(path).mode & 0o777).toBe(0o700)
  }
})

test('a folder of other files that others can open is rejected, and stays as it is', () => {
  writeFileSync(join(dir, 'notes.txt'), '')
  chmodSync(dir, 0o750)
  expect(() => openDataFolder(dir)).toThrow(`Other users can open the data folder ${dir}: run chmod 700`)
  expect(statSync(dir).mode & 0o777).toBe(0o750)
})
