import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const script = new URL('./build.mjs', import.meta.url).pathname
let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gatelog-build-'))
  mkdirSync(join(root, 'services', 'query'), { recursive: true })
  writeFileSync(join(root, 'services', 'query', 'main.ts'), 'one')
  compileWith('echo built >> built.txt')
})
afterEach(() => rmSync(root, { recursive: true }))

function compileWith(command: string): void {
  writeFileSync(
    join(root, 'package.json'),
    JSON.stringify({ name: 'x', version: '1.0.0', scripts: { compile: command } }),
  )
}

/** Runs the script and returns how often it has compiled so far. */
function builds(...args: readonly string[]): number {
  execFileSync(process.execPath, [script, ...args], { cwd: root, stdio: 'pipe' })
  return readFileSync(join(root, 'built.txt'), 'utf8').trim().split('\n').length
}

test('compiles only if a file was changed, added or removed', () => {
  const added = join(root, 'services', 'query', 'added.ts')
  expect(builds('--if-changed')).toBe(1)
  expect(builds('--if-changed')).toBe(1)
  writeFileSync(join(root, 'services', 'query', 'main.ts'), 'changed')
  expect(builds('--if-changed')).toBe(2)
  writeFileSync(added, '')
  expect(builds('--if-changed')).toBe(3)
  rmSync(added)
  expect(builds('--if-changed')).toBe(4)
  expect(builds('--if-changed')).toBe(4)
})

test('compiles always without the option, and remembers that', () => {
  expect(builds()).toBe(1)
  expect(builds()).toBe(2)
  expect(builds('--if-changed')).toBe(2)
})

test('a build that failed is not remembered', () => {
  compileWith('exit 1')
  expect(() => builds('--if-changed')).toThrow()
  expect(() => builds('--if-changed')).toThrow()
})
