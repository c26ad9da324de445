import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { ConfigError, readConfig } from '../runtime/env.js'
import { exportConfig, positionKeys, queryConfig } from './config.js'

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const PUBLIC = publicKey.export({ type: 'spki', format: 'pem' }).toString()
const PRIVATE = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

const ENVIRONMENT = {
  PORT: '7400',
  CLICKHOUSE_URL: 'http://127.0.0.1:8123/',
  CLICKHOUSE_USER: 'query',
  CLICKHOUSE_PASSWORD: 'secret',
  AUTH_ISSUER: 'https://issuer.example/',
}

function faults(environment: Readonly<Record<string, string>>): readonly string[] {
  try {
    readConfig(queryConfig, environment)
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
  }
  throw new Error('The configuration was accepted.')
}

it('has defaults', () => {
  expect(readConfig(queryConfig, { ...ENVIRONMENT, AUTH_JWKS_URL: 'https://issuer.example/keys' })).toEqual({
    LOG_LEVEL: 'info',
    HOST: '0.0.0.0',
    PORT: 7400,
    CLICKHOUSE_URL: 'http://127.0.0.1:8123',
    CLICKHOUSE_DATABASE: 'gatelog',
    CLICKHOUSE_USER: 'query',
    CLICKHOUSE_PASSWORD: 'secret',
    AUTH_ISSUER: 'https://issuer.example/',
    AUTH_AUDIENCE: 'gatelog',
    AUTH_JWKS_MAX_AGE_SECONDS: 86_400,
    AUTH_JWKS_URL: 'https://issuer.example/keys',
    AUTH_ORG_CLAIM: 'org_ids',
    QUERY_RATE_PER_SECOND: 50,
    QUERY_RATE_BURST: 200,
    QUERY_EXPORTS_PER_PRINCIPAL: 2,
    QUERY_EXPORTS_PER_TENANT: 8,
    QUERY_MAX_QUERIES_OF_TENANT: 8,
    QUERY_MAX_QUERIES: 12,
    QUERY_MAX_COUNTS: 4,
    QUERY_MAX_QUERIES_OF_ONE: 4,
    QUERY_RATE_BURST_OF_TENANT: 800,
    QUERY_RATE_PER_SECOND_OF_TENANT: 200,
    KAFKA_TOPIC_PREFIX: '',
    KAFKA_SECURITY_PROTOCOL: 'PLAINTEXT',
    KAFKA_COMPRESSION: 'none',
    KAFKA_FRAMING: 'single-object',
    SCHEMA_REGISTRY_REGISTER: 'true',
    CANVAS_IDS: 'text',
    QUERY_MAX_WAITING: 200,
    QUERY_MAX_WAITING_OF_TENANT: 100,
    QUERY_MAX_WAITING_OF_ONE: 10,
    QUERY_MAX_BYTES_IN_FLIGHT: 46_137_344,
  })
})

it('reads a public key', () => {
  const { AUTH_PUBLIC_KEY } = readConfig(queryConfig, { ...ENVIRONMENT, AUTH_PUBLIC_KEY: PUBLIC })
  expect(AUTH_PUBLIC_KEY?.asymmetricKeyType).toBe('ec')
})

it('reads origins', () => {
  const { QUERY_CORS_ORIGINS } = readConfig(queryConfig, {
    ...ENVIRONMENT,
    AUTH_PUBLIC_KEY: PUBLIC,
    QUERY_CORS_ORIGINS: 'https://console.example, http://localhost:3000',
  })
  expect(QUERY_CORS_ORIGINS).toEqual(['https://console.example', 'http://localhost:3000'])
})

describe('refuses', () => {
  it.each([
    '*',
    'null',
    'console.example',
    'https://console.example/',
    'https://console.example/a',
    'https://*.example',
    'ftp://x',
  ])('the origin %s', (origin) => {
    const environment = { ...ENVIRONMENT, AUTH_PUBLIC_KEY: PUBLIC, QUERY_CORS_ORIGINS: `https://a.example,${origin}` }
    expect(faults(environment)).toEqual([
      'QUERY_CORS_ORIGINS: must be origins such as https://console.example.com, separated by commas',
    ])
  })

  const ONE_OF_TWO = 'AUTH_JWKS_URL: set it or AUTH_PUBLIC_KEY: exactly one of the two'

  it('two sources of keys, and none', () => {
    expect(faults(ENVIRONMENT)).toEqual([ONE_OF_TWO])
    expect(faults({ ...ENVIRONMENT, AUTH_JWKS_URL: 'https://issuer.example', AUTH_PUBLIC_KEY: PUBLIC })).toEqual([
      ONE_OF_TWO,
    ])
  })

  it('part of what exports need', () => {
    const exports = { CLICKHOUSE_EXPORT_USER: 'e', CLICKHOUSE_EXPORT_PASSWORD: 'p', KAFKA_BROKERS: 'k:9092' }
    expect(faults({ ...ENVIRONMENT, AUTH_PUBLIC_KEY: PUBLIC, ...exports, CLICKHOUSE_EXPORT_PASSWORD: '' })).toEqual([
      'CLICKHOUSE_EXPORT_USER: set it, CLICKHOUSE_EXPORT_PASSWORD and KAFKA_BROKERS, or none of the three: exports need all',
    ])
    const config = readConfig(queryConfig, { ...ENVIRONMENT, AUTH_PUBLIC_KEY: PUBLIC, ...exports })
    expect(exportConfig(config)).toEqual({ user: 'e', password: 'p', brokers: ['k:9092'] })
  })

  it('what is no public key, without repeating it', () => {
    for (const AUTH_PUBLIC_KEY of ['nonsense', PRIVATE]) {
      expect(faults({ ...ENVIRONMENT, AUTH_PUBLIC_KEY })).toEqual([
        'AUTH_PUBLIC_KEY: must be a public key as PEM (-----BEGIN PUBLIC KEY-----)',
      ])
    }
  })

  it('reports all faults at once', () => {
    const found = faults({ PORT: 'x', CLICKHOUSE_URL: 'ftp://x', CLICKHOUSE_USER: 'q', CLICKHOUSE_PASSWORD: 'p' })
    expect(found).toHaveLength(4)
    expect(found).toContain('AUTH_ISSUER: is required')
    expect(found).toContain(ONE_OF_TWO)
  })
})

const COMPLETE = { ...ENVIRONMENT, AUTH_JWKS_URL: 'https://issuer.example/keys' }

describe('the keys of position tokens', () => {
  const [first, second] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
  const keysOf = (text?: string) => {
    const environment = text === undefined ? COMPLETE : { ...COMPLETE, QUERY_POSITION_KEYS: text }
    return positionKeys(readConfig(queryConfig, environment))
  }

  it('are those that are configured', () => {
    expect(keysOf(`${first.toString('base64')}, ${second.toString('base64')}`)).toEqual([first, second])
    expect(() => keysOf('c2hvcnQ=')).toThrow(/QUERY_POSITION_KEYS: must be base64 of 32 bytes/)
  })

  it('are derived from the password of the database by default, the same in every process', () => {
    const [key] = keysOf()
    expect(key).toHaveLength(32)
    expect(keysOf()).toEqual([key])
    const other = readConfig(queryConfig, { ...COMPLETE, CLICKHOUSE_PASSWORD: 'another' })
    expect(positionKeys(other)).not.toEqual([key])
  })
})

it.each([
  ['https://audit.example.com/', 'https://audit.example.com'],
  ['https://example.com/gatelog/', 'https://example.com/gatelog'],
])('takes the public URL %s', (given, read) => {
  const config = readConfig(queryConfig, { ...ENVIRONMENT, AUTH_PUBLIC_KEY: PUBLIC, QUERY_PUBLIC_URL: given })
  expect(config.QUERY_PUBLIC_URL).toBe(read)
})

it.each(['audit.example.com', 'ftp://example.com', 'https://example.com/?a=1', 'https://example.com/>; rel="x"'])(
  'refuses %s as the public URL',
  (given) => {
    expect(faults({ ...ENVIRONMENT, AUTH_PUBLIC_KEY: PUBLIC, QUERY_PUBLIC_URL: given })).toEqual([
      'QUERY_PUBLIC_URL: must be a URL such as https://audit.example.com, without query and fragment',
    ])
  },
)
