import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readConfig } from '../runtime/env.js'
import { framingRegistry } from '../runtime/kafka/producing.js'
import { collectorConfig } from './config.js'
import { openSources } from './sources/config.js'

const least = { PORT: '7401', KAFKA_BROKERS: 'localhost:9092' }
const SECRET = 'made-up-webhook-secret'

const read = (more: Readonly<Record<string, string>>) => readConfig(collectorConfig, { ...least, ...more })
const readSources = (...sources: readonly object[]) => read({ SOURCES: JSON.stringify(sources) })

test('the variables that are required', () => {
  expect(read({})).toMatchObject({ PORT: 7401, KAFKA_TOPIC_PREFIX: '', LOG_LEVEL: 'info' })
})

test('no source is required', () => {
  expect(openSources(read({}))).toEqual([])
})

test('a secret has a minimum length, and is not in the error', () => {
  const short = () => read({ KEYCLOAK_WEBHOOK_SECRET: 'hunter2' })
  expect(short).toThrow('KEYCLOAK_WEBHOOK_SECRET: must be at least 16 characters long')
  expect(short).not.toThrow('hunter2')
})

test('the short form for one Keycloak is a source called keycloak', () => {
  const [source] = openSources(read({ KEYCLOAK_WEBHOOK_SECRET: SECRET, KEYCLOAK_URL: 'https://sso.example.com' }))
  expect(source).toMatchObject({ name: 'keycloak', kind: 'keycloak' })
})

test.each([
  [{ KAFKA_FRAMING: 'confluent' }, 'SCHEMA_REGISTRY_URL: is required with KAFKA_FRAMING=confluent'],
  [{ KAFKA_FRAMING: 'avro' }, 'KAFKA_FRAMING: must be one of single-object, confluent'],
  [{ KAFKA_COMPRESSION: 'brotli' }, 'KAFKA_COMPRESSION: must be one of none, gzip, snappy, lz4, zstd'],
  [{ SCHEMA_REGISTRY_REGISTER: 'yes' }, 'SCHEMA_REGISTRY_REGISTER: must be true or false'],
  [{ SCHEMA_REGISTRY_TOKEN: 'hunter2' }, 'SCHEMA_REGISTRY_URL: is required with SCHEMA_REGISTRY_TOKEN'],
])('what cannot be written to Kafka is a fault: %j', (environment, fault) => {
  expect(() => read(environment as Record<string, string>)).toThrow(fault)
})

test('the registry of the Confluent framing, in the terms of the emitter', () => {
  const config = read({
    KAFKA_FRAMING: 'confluent',
    KAFKA_TOPIC_PREFIX: 'eu.',
    SCHEMA_REGISTRY_URL: 'https://registry.example',
    SCHEMA_REGISTRY_USERNAME: 'ada',
    SCHEMA_REGISTRY_PASSWORD: 'hunter2',
    SCHEMA_REGISTRY_REGISTER: 'false',
  })
  expect(framingRegistry(config)).toMatchObject({
    url: 'https://registry.example',
    username: 'ada',
    password: 'hunter2',
    topicPrefix: 'eu.',
    register: false,
  })
  expect(framingRegistry(read({ SCHEMA_REGISTRY_URL: 'https://registry.example' }))).toBeUndefined()
})

describe('SOURCES', () => {
  const keycloak = { name: 'acme', kind: 'keycloak', secrets: [SECRET] }

  test('opens each source, with secrets from files', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'gatelog-sources-')), 'secret')
    writeFileSync(file, `${SECRET}\n`)
    const config = readSources(keycloak, { name: 'globex', kind: 'keycloak', secret_files: [file] })
    expect(openSources(config).map(({ name }) => name)).toEqual(['acme', 'globex'])
  })

  test.each<[string, readonly object[], string]>([
    ['an unknown kind', [{ ...keycloak, kind: 'ldap' }], 'SOURCES.0.kind'],
    ['a name that is no part of a URL', [{ ...keycloak, name: 'Acme GmbH' }], 'SOURCES.0.name: must be 1 to 63'],
    ['two of one name', [keycloak, keycloak], 'SOURCES.1.name: must differ'],
    ['no secret', [{ ...keycloak, secrets: [] }], 'SOURCES.0.secrets: must have a secret'],
    ['a short secret', [{ ...keycloak, secrets: ['hunter2'] }], 'SOURCES.0.secrets.0: must be at least 16'],
    ['a file that is missing', [{ ...keycloak, secret_files: ['/nowhere'] }], 'cannot read the file /nowhere (ENOENT)'],
    ['an option that does not exist', [{ ...keycloak, colour: 'red' }], 'colour'],
    [
      'a prefix beside an organization',
      [{ ...keycloak, organization: { id: 'a' }, organization_prefix: 'b' }],
      'not both',
    ],
  ])('reports %s', (_, sources, fault) => {
    expect(() => readSources(...sources)).toThrow(fault)
    expect(() => readSources(...sources)).not.toThrow('hunter2')
  })

  test('reports every fault at once', () => {
    const faults = () => readSources({ ...keycloak, name: 'A' }, { ...keycloak, secrets: [] })
    expect(faults).toThrow(/SOURCES\.0\.name[\s\S]*SOURCES\.1\.secrets/)
  })

  test('that is not JSON is reported without its text', () => {
    expect(() => read({ SOURCES: '[{"secrets": ["hunter2"' })).toThrow('SOURCES: must be JSON')
    expect(() => read({ SOURCES: '[{"secrets": ["hunter2"' })).not.toThrow('hunter2')
  })

  test('may not have a source called keycloak beside the short form', () => {
    const both = { SOURCES: JSON.stringify([{ ...keycloak, name: 'keycloak' }]), KEYCLOAK_WEBHOOK_SECRET: SECRET }
    expect(() => read(both)).toThrow('set one of them')
  })
})

describe('the organization of a source', () => {
  const event = {
    type: 'access.LOGIN',
    id: 'one',
    time: 1,
    realmId: 'master',
    realmName: 'Master',
    authDetails: { clientId: 'shop' },
  }
  const recordOf = (organization: object) => {
    const config = readSources({ name: 'acme', kind: 'keycloak', secrets: [SECRET], ...organization })
    const [reading] = openSources(config)[0]?.read(Buffer.from(JSON.stringify(event))) ?? []
    return reading?.is === 'sign-in' ? reading.record : undefined
  }

  test('is that of the event by default', () => {
    expect(recordOf({})).toMatchObject({ org_id: 'master', login_org_id: 'master', org_name: 'Master' })
  })

  test('can be fixed', () => {
    const organization = { id: 'org-1', name: 'Acme' }
    expect(recordOf({ organization })).toMatchObject({ org_id: 'org-1', login_org_id: 'org-1', org_name: 'Acme' })
  })

  test('can have a prefix, so that two realms called master differ', () => {
    const prefixed = { org_id: 'eu/master', login_org_id: 'eu/master', org_name: 'Master' }
    expect(recordOf({ organization_prefix: 'eu/' })).toMatchObject(prefixed)
  })
})
