import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { kafkaJars } from './jars.js'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gatelog-jars-'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(dir, { recursive: true })
})

test('a cache folder that cannot be written is an error', async () => {
  const file = join(dir, 'file')
  writeFileSync(file, '')
  vi.stubEnv('XDG_CACHE_HOME', file)
  const logFile = join(dir, 'maven.log')
  await expect(kafkaJars({ logFile })).rejects.toMatchObject({
    code: 'CACHE_UNUSABLE',
    message: `The cache folder ${join(file, 'gatelog')} cannot be written (ENOTDIR): make it writable, or set XDG_CACHE_HOME.`,
  })
})
