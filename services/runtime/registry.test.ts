import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { readConfig } from './env.js'
import { checkRegistry, registryConfig } from './registry.js'

const schema = z.object(registryConfig).superRefine(checkRegistry, { when: () => true })
const URL = 'https://registry.example.com'
const PEM = '-----BEGIN CERTIFICATE-----'

it.each([
  ['no registry', {}],
  ['no login', { SCHEMA_REGISTRY_URL: URL }],
  ['basic authentication', { SCHEMA_REGISTRY_URL: URL, SCHEMA_REGISTRY_USERNAME: 'a', SCHEMA_REGISTRY_PASSWORD: 'b' }],
  ['a token and an own CA', { SCHEMA_REGISTRY_URL: URL, SCHEMA_REGISTRY_TOKEN: 'a', SCHEMA_REGISTRY_CA: PEM }],
  ['a client certificate', { SCHEMA_REGISTRY_URL: URL, SCHEMA_REGISTRY_CERTIFICATE: PEM, SCHEMA_REGISTRY_KEY: PEM }],
])('accepts %s', (_name, environment) => {
  expect(readConfig(schema, environment)).toEqual(environment)
})

it.each([
  [
    'a user without a password',
    { SCHEMA_REGISTRY_URL: URL, SCHEMA_REGISTRY_USERNAME: 'a' },
    'SCHEMA_REGISTRY_PASSWORD: is required',
  ],
  [
    'a password without a user',
    { SCHEMA_REGISTRY_URL: URL, SCHEMA_REGISTRY_PASSWORD: 'a' },
    'SCHEMA_REGISTRY_USERNAME: is required',
  ],
  ['a token without a registry', { SCHEMA_REGISTRY_TOKEN: 'a' }, 'SCHEMA_REGISTRY_URL: is required'],
  [
    'a key without a certificate',
    { SCHEMA_REGISTRY_URL: URL, SCHEMA_REGISTRY_KEY: PEM },
    'SCHEMA_REGISTRY_CERTIFICATE: is required',
  ],
  [
    'a CA without TLS',
    { SCHEMA_REGISTRY_URL: 'http://registry', SCHEMA_REGISTRY_CA: PEM },
    'SCHEMA_REGISTRY_CA: has no effect',
  ],
  [
    'a login in the URL',
    { SCHEMA_REGISTRY_URL: 'https://a:secret@registry' },
    'SCHEMA_REGISTRY_URL: must not contain a login',
  ],
  [
    'two logins',
    {
      SCHEMA_REGISTRY_URL: URL,
      SCHEMA_REGISTRY_USERNAME: 'a',
      SCHEMA_REGISTRY_PASSWORD: 'b',
      SCHEMA_REGISTRY_TOKEN: 'c',
    },
    'SCHEMA_REGISTRY_TOKEN: cannot be set with SCHEMA_REGISTRY_USERNAME',
  ],
])('rejects %s', (_name, environment, fault) => {
  expect(() => readConfig(schema, environment)).toThrow(fault)
  expect(() => readConfig(schema, environment)).not.toThrow('secret')
})

it('reads secrets from files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatelog-registry-'))
  writeFileSync(join(folder, 'token'), 'from a file\n')
  const environment = { SCHEMA_REGISTRY_URL: URL, SCHEMA_REGISTRY_TOKEN_FILE: join(folder, 'token') }
  expect(readConfig(schema, environment).SCHEMA_REGISTRY_TOKEN).toBe('from a file')
  rmSync(folder, { recursive: true })
})
