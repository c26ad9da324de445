import { createPublicKey } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type DataFolder, openDataFolder } from './data_folder.js'
import { loadSecrets } from './secrets.js'

let folder: DataFolder
beforeEach(() => {
  folder = openDataFolder(mkdtempSync(join(tmpdir(), 'gatelog-secrets-')))
})
afterEach(() => rmSync(folder.path, { recursive: true }))

test('secrets are generated once and are all different', () => {
  const first = loadSecrets(folder)
  const { clickhouse, keycloak } = first
  expect(new Set([...Object.values(clickhouse), keycloak]).size).toBe(7)
  expect(loadSecrets(folder)).toEqual(first)
})

test('a secret that an earlier version lacks is added', () => {
  const { clickhouse, keycloak } = loadSecrets(folder)
  const { analyst: _, ...earlier } = clickhouse
  writeFileSync(folder.secrets, JSON.stringify({ clickhouse: earlier, keycloak }))
  const loaded = loadSecrets(folder)
  expect(loaded).toMatchObject({ clickhouse: earlier, keycloak })
  expect(loaded.clickhouse.analyst).not.toBe(clickhouse.analyst)
  expect(loadSecrets(folder)).toEqual(loaded)
})

test('the issuer’s key is for ES256', () => {
  const key = createPublicKey(loadSecrets(folder).issuerPublicKey)
  expect(key.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' })
  expect(readFileSync(folder.issuerKey, 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----/)
})

test('only their owner can read them', () => {
  loadSecrets(folder)
  for (const file of [folder.secrets, folder.issuerKey]) expect(statSync(file).mode & 0o777).toBe(0o600)
})

test.each(['{}', 'not json', '{"clickhouse":{"migrate":"short","ingest":"short","query":"short"},"keycloak":"short"}'])(
  'a file that holds %s is rejected and not overwritten',
  (text) => {
    writeFileSync(folder.secrets, text)
    expect(() => loadSecrets(folder)).toThrow(/remove both, and the next start makes new ones/)
    expect(readFileSync(folder.secrets, 'utf8')).toBe(text)
  },
)
