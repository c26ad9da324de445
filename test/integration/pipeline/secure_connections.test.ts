import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import {
  type AclEntry,
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  Kafka,
  type KafkaMessage,
  logLevel,
  Partitioners,
  ResourcePatternTypes,
} from 'kafkajs'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { readTopic } from '../../../services/cli/dead_letters/topic_reader.js'
import { createEmitter, kafkaProducer } from '../../../services/emitter/index.js'
import { topicIdReader } from '../../../services/ingest/partition/topic_id.js'
import { connectClickHouse } from '../../../services/runtime/clickhouse.js'
import { connectKafka, type KafkaConfig } from '../../../services/runtime/kafka.js'
import { type Certificates, makeCertificates } from '../../fixtures/stack/certificates.js'
import { ACL_USERS, SASL_USER, type SecureKafka, startSecureKafka } from '../../fixtures/stack/secure_kafka.js'
import { type ServiceProcess, startService } from '../../fixtures/stack/service.js'
import { startTlsProxy, type TlsProxy } from '../../fixtures/stack/tls_proxy.js'

const password = randomBytes(12).toString('hex')
const database = `gatelog_${randomBytes(5).toString('hex')}`
const { clickhouse } = inject('servers')
const services: ServiceProcess[] = []
let dir: string
let certificates: Certificates
let kafka: SecureKafka
let proxy: TlsProxy
let tokens: Server
let tokenRequests: string[]

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gatelog-secure-'))
  certificates = await makeCertificates(dir)
  kafka = await startSecureKafka(join(dir, 'kafka'), certificates, password)
  proxy = await startTlsProxy(clickhouse.url, certificates)
  tokens = await startTokenEndpoint()
  await allow(documentedAcls())
  const migrated = startService('migrate', {
    ...kafkaEnvironment('migrate'),
    ...(await clickhouseEnvironment('migrate')),
  })
  services.push(migrated)
  await migrated.logged(({ msg }) => msg === 'topics created')
})

afterAll(async () => {
  await Promise.all(services.map((service) => service.stop()))
  await kafka?.server.stop()
  await proxy?.close()
  tokens?.close()
  if (dir !== undefined) await rm(dir, { recursive: true, force: true })
})

/** A token endpoint that gives unsigned tokens, and keeps what it was asked. */
async function startTokenEndpoint(): Promise<Server> {
  tokenRequests = []
  const part = (claims: object) => Buffer.from(JSON.stringify(claims)).toString('base64url')
  const server = createServer(async (request, response) => {
    tokenRequests.push(`${request.headers.authorization} ${await text(request)}`)
    const now = Math.floor(Date.now() / 1_000)
    const token = `${part({ alg: 'none' })}.${part({ sub: SASL_USER, iat: now, exp: now + 600 })}.`
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: 600 }))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return server
}

/** How a service reaches the broker with a login; its secrets come from files. */
function kafkaEnvironment(user: (typeof ACL_USERS)[number]): Record<string, string> {
  return {
    KAFKA_BROKERS: kafka.saslSsl,
    KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
    KAFKA_SSL_CA_FILE: certificates.caFile,
    KAFKA_SASL_MECHANISM: 'PLAIN',
    KAFKA_SASL_USERNAME: user,
    KAFKA_SASL_PASSWORD_FILE: join(dir, 'password'),
  }
}

async function clickhouseEnvironment(user: 'migrate' | 'ingest'): Promise<Record<string, string>> {
  await writeFile(join(dir, 'password'), `${password}\n`)
  await writeFile(join(dir, 'client.pem'), certificates.client.certificate)
  await writeFile(join(dir, 'client.key.pem'), certificates.client.key)
  return {
    CLICKHOUSE_URL: proxy.url,
    CLICKHOUSE_DATABASE: database,
    CLICKHOUSE_USER: clickhouse.users[user].name,
    CLICKHOUSE_PASSWORD: clickhouse.users[user].password,
    CLICKHOUSE_CA_FILE: certificates.caFile,
    CLICKHOUSE_CERTIFICATE_FILE: join(dir, 'client.pem'),
    CLICKHOUSE_KEY_FILE: join(dir, 'client.key.pem'),
  }
}

const quiet = pino({ level: 'silent' })

/** Connects as each of the two Kafka clients does. */
async function connectBoth(config: KafkaConfig): Promise<readonly string[]> {
  const admin = connectKafka(config, 'test', quiet).admin({ retry: { retries: 0 } })
  try {
    await admin.connect()
    await topicIdReader(config, 'test')('auth_audits')
    return await admin.listTopics()
  } finally {
    await admin.disconnect()
  }
}

const base = () => ({ KAFKA_TOPIC_PREFIX: '', KAFKA_SSL_CA: certificates.ca })
const login = { KAFKA_SASL_USERNAME: SASL_USER, KAFKA_SASL_PASSWORD: password }

function asUser(user: string): KafkaConfig {
  return {
    ...base(),
    KAFKA_BROKERS: [kafka.saslSsl],
    KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
    KAFKA_SASL_MECHANISM: 'PLAIN',
    KAFKA_SASL_USERNAME: user,
    KAFKA_SASL_PASSWORD: password,
  }
}

async function sendUnreadable(client: Kafka): Promise<void> {
  const producer = client.producer({ createPartitioner: Partitioners.DefaultPartitioner, retry: { retries: 0 } })
  await producer.connect()
  try {
    await producer.send({ topic: 'auth_audits', messages: [{ value: 'no Avro' }] })
  } finally {
    await producer.disconnect()
  }
}

/** The table of docs/operate/kafka.md: what stands there is enough, since the broker allows nothing else. */
function documentedAcls(): AclEntry[] {
  const page = readFileSync(new URL('../../../docs/operate/kafka.md', import.meta.url), 'utf8')
  const rows = page.split('\n').filter((line) => /^\| (migrate|ingest|emitter|operator) \|/.test(line))
  return rows.flatMap((row) => {
    const [user = '', resource = '', patterns = '', operations = ''] = row.slice(2, -2).split(' | ')
    return [...patterns.matchAll(/`([^`]+)`/g)].flatMap(([, pattern = '']) =>
      operations.split(', ').map((operation) => ({
        principal: `User:${user}`,
        host: '*',
        operation: AclOperationTypes[constantCase(operation) as keyof typeof AclOperationTypes],
        permissionType: AclPermissionTypes.ALLOW,
        resourceType: AclResourceTypes[resource.toUpperCase() as keyof typeof AclResourceTypes],
        ...(pattern !== '*' && pattern.endsWith('*')
          ? { resourceName: pattern.slice(0, -1), resourcePatternType: ResourcePatternTypes.PREFIXED }
          : { resourceName: pattern, resourcePatternType: ResourcePatternTypes.LITERAL }),
      })),
    )
  })
}

function constantCase(operation: string): string {
  return operation.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()
}

async function allow(acl: AclEntry[]): Promise<void> {
  expect(new Set(acl.map(({ principal }) => principal)).size).toBe(ACL_USERS.length)
  const admin = new Kafka({ brokers: [...kafka.server.brokers], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  await admin.createAcls({ acl })
  await admin.disconnect()
}

describe('Kafka', () => {
  it.each(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const)('takes a login by %s over TLS', async (mechanism) => {
    const config = { ...base(), ...login, KAFKA_BROKERS: [kafka.saslSsl], KAFKA_SASL_MECHANISM: mechanism }
    expect(await connectBoth({ ...config, KAFKA_SECURITY_PROTOCOL: 'SASL_SSL' })).toContain('auth_audits')
  })

  it('takes a token by OAUTHBEARER, which comes from the token endpoint', async () => {
    const topics = await connectBoth({
      ...base(),
      KAFKA_BROKERS: [kafka.saslSsl],
      KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
      KAFKA_SASL_MECHANISM: 'OAUTHBEARER',
      KAFKA_SASL_OAUTH_TOKEN_URL: `http://127.0.0.1:${(tokens.address() as AddressInfo).port}/token`,
      KAFKA_SASL_OAUTH_CLIENT_ID: 'gatelog',
      KAFKA_SASL_OAUTH_CLIENT_SECRET: 'secret',
      KAFKA_SASL_OAUTH_SCOPE: 'kafka',
    })
    expect(topics).toContain('auth_audits')
    const credentials = Buffer.from('gatelog:secret').toString('base64')
    expect(tokenRequests[0]).toBe(`Basic ${credentials} scope=kafka&grant_type=client_credentials`)
  })

  it('takes a login without TLS', async () => {
    const topics = await connectBoth({
      ...login,
      KAFKA_TOPIC_PREFIX: '',
      KAFKA_BROKERS: [kafka.saslPlaintext],
      KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT',
      KAFKA_SASL_MECHANISM: 'PLAIN',
    })
    expect(topics).toContain('auth_audits')
  })

  it('takes a client certificate (mTLS), and refuses a client without one', async () => {
    const config = { ...base(), KAFKA_BROKERS: [kafka.ssl], KAFKA_SECURITY_PROTOCOL: 'SSL' as const }
    const { certificate, key } = certificates.client
    expect(await connectBoth({ ...config, KAFKA_SSL_CERTIFICATE: certificate, KAFKA_SSL_KEY: key })).toContain(
      'auth_audits',
    )
    await expect(connectBoth(config)).rejects.toThrow()
  })

  it('is not trusted when its certificate is of another CA', async () => {
    const config = {
      ...login,
      KAFKA_BROKERS: [kafka.saslSsl],
      KAFKA_SASL_MECHANISM: 'PLAIN' as const,
      KAFKA_TOPIC_PREFIX: '',
    }
    await expect(connectBoth({ ...config, KAFKA_SECURITY_PROTOCOL: 'SASL_SSL' })).rejects.toThrow(/certificate/)
  })

  it('refuses a wrong password with an error that does not hold it', async () => {
    const error = await connectBoth({
      ...base(),
      KAFKA_BROKERS: [kafka.saslSsl],
      KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
      KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
      KAFKA_SASL_USERNAME: SASL_USER,
      KAFKA_SASL_PASSWORD: 'not-the-password',
    }).catch((thrown: Error) => thrown)
    expect(String(error)).toMatch(/authentication/i)
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('not-the-password')
  })
})

it('a record goes from an emitter over SASL_SSL to ingest, and over HTTPS with a client certificate to ClickHouse', async () => {
  const service = startService('ingest', {
    HOST: '127.0.0.1',
    PORT: '0',
    ...kafkaEnvironment('ingest'),
    ...(await clickhouseEnvironment('ingest')),
    INGEST_MAX_WAIT_MS: '50',
  })
  services.push(service)
  await service.logged(({ msg }) => msg === 'partitions assigned')
  const producer = connectKafka(asUser('emitter'), 'test', quiet)
  const emitter = createEmitter({ createProducer: kafkaProducer(producer) })
  await Promise.all(
    Array.from({ length: 1_000 }, (_, number) =>
      emitter.publish({ event: 'Success', user_id: `user ${number}`, user_agent: 'x'.repeat(900) }),
    ),
  )
  await emitter.close()
  await sendUnreadable(producer)

  const { name, password: secret } = clickhouse.users.migrate
  const client = connectClickHouse(
    {
      CLICKHOUSE_URL: proxy.url,
      CLICKHOUSE_DATABASE: database,
      CLICKHOUSE_USER: name,
      CLICKHOUSE_PASSWORD: secret,
      CLICKHOUSE_CA: certificates.ca,
      CLICKHOUSE_CERTIFICATE: certificates.client.certificate,
      CLICKHOUSE_KEY: certificates.client.key,
    },
    'test',
  )
  const stored = async () => {
    const result = await client.query({
      query: 'SELECT uniqExact(user_id) AS users FROM auth_audits',
      format: 'JSONEachRow',
    })
    return Number((await result.json<{ users: string }>())[0]?.users)
  }
  await expect.poll(stored, { timeout: 150_000 }).toBe(1_000)
  await client.close()
  const letters: KafkaMessage[] = []
  const operator = connectKafka(asUser('operator'), 'test', quiet)
  const read = () => readTopic(operator, 'auth_audits.dead-letters', (message) => void letters.push(message))
  await expect.poll(() => read().then(() => letters.length), { timeout: 60_000 }).toBeGreaterThan(0)
  await expect(sendUnreadable(operator)).resolves.toBeUndefined()
  await expect(sendUnreadable(connectKafka(asUser('migrate'), 'test', quiet))).rejects.toThrow(/authorized/)
  expect(proxy.connections()).toBeGreaterThan(0)
  const logged = JSON.stringify(services.map(({ log }) => log))
  for (const hidden of [password, secret, 'PRIVATE KEY']) expect(logged).not.toContain(hidden)
})
