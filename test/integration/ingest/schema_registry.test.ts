import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Partitioners } from 'kafkajs'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { avroSchema } from '../../../schemas/derive/avro.js'
import { authAudits } from '../../../schemas/streams/index.js'
import { DeadLetterTopic } from '../../../services/cli/dead_letters/dead_letter_topic.js'
import { confluent, datumEncoder } from '../../fixtures/records/avro_values.js'
import { makeCertificates } from '../../fixtures/stack/certificates.js'
import { createSandbox, type Sandbox } from '../../fixtures/stack/sandbox.js'

const AVRO = 1
const PROTOBUF = 2
const PASSWORD = 'pass:word'

let dir: string
let sandbox: Sandbox
let registry: Server
/** The authorization that the registry accepts at the moment. */
let accepted = ''
let environment: Readonly<Record<string, string>>

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gatelog-registry-'))
  const { ca, caFile, server, client } = await makeCertificates(dir)
  const schemas: Readonly<Record<string, object>> = {
    [`/schemas/ids/${AVRO}`]: { schema: JSON.stringify(avroSchema(authAudits)) },
    [`/schemas/ids/${PROTOBUF}`]: { schemaType: 'PROTOBUF', schema: 'syntax = "proto3"; message R { string a = 1; }' },
  }
  const mutualTls = { ca, cert: server.certificate, key: server.key, requestCert: true, rejectUnauthorized: true }
  registry = createServer(mutualTls, (request, response) => {
    const found = schemas[request.url ?? '']
    if (request.headers.authorization !== accepted) response.writeHead(401).end('{"error_code":401}')
    else if (found === undefined) response.writeHead(404).end('{"error_code":40403}')
    else response.writeHead(200).end(JSON.stringify(found))
  })
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve))
  const secret = async (name: string, value: string) => {
    await writeFile(join(dir, name), value)
    return join(dir, name)
  }
  environment = {
    SCHEMA_REGISTRY_URL: `https://127.0.0.1:${(registry.address() as AddressInfo).port}`,
    SCHEMA_REGISTRY_USERNAME: 'ingest',
    SCHEMA_REGISTRY_PASSWORD_FILE: await secret('password', PASSWORD),
    SCHEMA_REGISTRY_CA_FILE: caFile,
    SCHEMA_REGISTRY_CERTIFICATE_FILE: await secret('certificate', client.certificate),
    SCHEMA_REGISTRY_KEY_FILE: await secret('key', client.key),
  }
  sandbox = await createSandbox(inject('servers'), { partitions: 1 })
})
afterAll(async () => {
  await sandbox.close()
  registry.closeAllConnections()
  registry.close()
  await rm(dir, { recursive: true, force: true })
})

it('reads schemas over TLS with a login, waits while the login is rejected, and never waits for a schema that is not Avro', async () => {
  const encode = datumEncoder(authAudits)
  const record = (id: number, user: string) =>
    confluent(id, encode({ event_id: Buffer.alloc(16, user), time: Date.now() * 1000, user_id: user }))
  const producer = sandbox.kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  const values = [record(AVRO, 'ada'), record(PROTOBUF, 'eve'), record(AVRO, 'bob')]
  await producer.send({ topic: sandbox.topic, messages: values.map((value) => ({ value })) })
  await producer.disconnect()

  const ingest = await sandbox.startIngest(environment)
  await ingest.logged(({ code }) => code === 'REGISTRY_UNAUTHORIZED')
  accepted = `Basic ${Buffer.from(`ingest:${PASSWORD}`).toString('base64')}`
  const users = "SELECT arrayStringConcat(arraySort(groupArray(user_id)), ' ') FROM auth_audits"
  expect(await sandbox.eventually(users, 'ada bob', 60_000)).toBe('ada bob')
  const letters = (await new DeadLetterTopic(sandbox.kafka, sandbox.topic).letters()).list()
  expect(letters).toMatchObject([{ key: `${sandbox.topic}-0-1`, reason: 'schema_not_avro' }])
  expect(JSON.stringify(ingest.log)).not.toContain(PASSWORD)
})
