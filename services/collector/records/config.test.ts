import { expect, test } from 'vitest'
import { API_KEYS, KEYS } from '../../../test/fixtures/collector/door.js'
import { isApiKey, newApiKey } from '../../runtime/auth/api_key.js'
import { readConfig } from '../../runtime/env.js'
import { collectorConfig } from '../config.js'
import { apiKeyWriters } from './api_keys.js'
import { issuerOf } from './config.js'
import { authenticateWriters } from './writer.js'

const HASH = 'a'.repeat(64)
const entry = { name: 'shop', sha256: [HASH], organizations: ['acme'], streams: ['auth_audits'] }

const read = (more: Readonly<Record<string, string>>) =>
  readConfig(collectorConfig, { PORT: '7401', KAFKA_BROKERS: 'localhost:9092', ...more })
const readKeys = (...keys: readonly object[]) => read({ API_KEYS: JSON.stringify(keys) })

test.each<[string, readonly object[], string]>([
  ['a key that is not hashed', [{ ...entry, sha256: [newApiKey()] }], 'API_KEYS.0.sha256.0: must be a SHA-256'],
  ['no hash', [{ ...entry, sha256: [] }], 'API_KEYS.0.sha256: must have a hash'],
  ['no organization', [{ ...entry, organizations: [] }], 'API_KEYS.0.organizations: must name an organization'],
  ['all beside one', [{ ...entry, organizations: ['*', 'acme'] }], 'it must be alone'],
  ['an unknown stream', [{ ...entry, streams: ['logins'] }], 'API_KEYS.0.streams.0'],
  ['two of one name', [entry, { ...entry, sha256: ['b'.repeat(64)] }], 'API_KEYS.1.name: must differ'],
  [
    'one key of two writers',
    [entry, { ...entry, name: 'till' }],
    'API_KEYS.1.sha256: is the hash of a key that another',
  ],
  ['an unknown option', [{ ...entry, colour: 'red' }], 'colour'],
])('the configuration of API keys reports %s', (_, keys, fault) => {
  expect(() => readKeys(...keys)).toThrow(fault)
})

test('every fault of the API keys is reported at once', () => {
  expect(() => readKeys({ ...entry, name: '' }, { ...entry, streams: [] })).toThrow(
    /API_KEYS\.0\.name[\s\S]*API_KEYS\.1\.streams/,
  )
})

test('an issuer needs one key, and a key needs an issuer', () => {
  expect(issuerOf(read({}))).toBeUndefined()
  expect(issuerOf(read({ AUTH_ISSUER: 'me', AUTH_JWKS_URL: 'https://me.example/keys' }))?.AUTH_ISSUER).toBe('me')
  expect(() => read({ AUTH_ISSUER: 'me' })).toThrow('exactly one of the two')
  expect(() => read({ AUTH_JWKS_URL: 'https://me.example/keys' })).toThrow('AUTH_ISSUER: is required')
})

test('a writer is found by each of its keys, and by no other text', () => {
  const find = apiKeyWriters(API_KEYS)
  const acme = find(KEYS.acme)
  expect(acme).toMatchObject({ subject: 'API key acme', organizations: ['acme'] })
  expect(find(`gatelog_${'earlier'.padStart(43, '0')}`)).toEqual(acme)
  expect(find(KEYS.operator)?.organizations).toBe('all')
  expect(find(API_KEYS[0]?.sha256[0] ?? '')).toBeUndefined()
})

test('a new key has the form that is accepted, and is another each time', () => {
  const keys = Array.from({ length: 100 }, newApiKey)
  expect(keys.every(isApiKey)).toBe(true)
  expect(new Set(keys).size).toBe(100)
})

test.each(['gatelog_', `gatelog_${'x'.repeat(42)}`, `gatelog_${'x'.repeat(44)}`, `gatelog_${'x'.repeat(42)}!`])(
  'a key of another form is none: %s',
  (text) => {
    expect(isApiKey(text)).toBe(false)
  },
)

test('without an issuer and a key nobody may write, and the answer says what to set', async () => {
  const nobody = authenticateWriters(undefined, undefined)
  await expect(nobody(`Bearer ${newApiKey()}`)).rejects.toMatchObject({ status: 503, code: 'WRITES_OFF' })
})
