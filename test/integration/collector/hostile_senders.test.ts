import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, it } from 'vitest'
import { attack } from '../../fixtures/attack/connections.js'
import { expectHarmless } from '../../fixtures/attack/damage.js'
import { createSandbox, type Sandbox } from '../../fixtures/stack/sandbox.js'
import { type ServiceProcess, startService } from '../../fixtures/stack/service.js'

const CONNECTIONS = 200
const PATH = '/v1/sources/keycloak'
const SECRET = 'made-up-webhook-secret'
/** Nobody knows whether it is right before the body has arrived. */
const FORGED = `x-keycloak-signature: ${'0'.repeat(64)}`

let sandbox: Sandbox
let service: ServiceProcess
let url: string

beforeAll(async () => {
  sandbox = await createSandbox(inject('servers'), { partitions: 1 })
})

beforeEach(async () => {
  service = startService('collector', {
    HOST: '127.0.0.1',
    PORT: '0',
    KAFKA_BROKERS: inject('servers').brokers.join(','),
    KAFKA_TOPIC_PREFIX: sandbox.prefix,
    KEYCLOAK_WEBHOOK_SECRET: SECRET,
  })
  url = String((await service.logged(({ msg }) => msg === 'listening')).url)
  // What a service takes for ordinary requests is not the attack's.
  for (let round = 0; round < 20; round++) {
    await (await fetch(`${url}${PATH}`, { method: 'POST', body: 'x'.repeat(100_000) })).text()
  }
})

afterEach(() => service.stop())

afterAll(() => sandbox.close())

it.each([
  [
    'of a source',
    `POST ${PATH} HTTP/1.1\r\nhost: a\r\n${FORGED}\r\ncontent-length: 1000000\r\n\r\n${'x'.repeat(999_000)}`,
  ],
  [
    'of a source, without a length,',
    `POST ${PATH} HTTP/1.1\r\nhost: a\r\n${FORGED}\r\ntransfer-encoding: chunked\r\n\r\nf3e58\r\n${'x'.repeat(999_000)}`,
  ],
  [
    'for an unknown path',
    `POST /nothing HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n${'x'.repeat(999_000)}`,
  ],
])('bodies %s that do not arrive take little memory', async (_name, request) => {
  expectHarmless(await attack({ service, url, requests: Array(CONNECTIONS).fill(request), durationMs: 8_000 }))
  // And afterwards a sender is served as before: without a signature, it is rejected after its body has been read.
  const answer = await fetch(`${url}${PATH}`, { method: 'POST', body: 'x'.repeat(100_000) })
  expect(answer.status).toBe(401)
})
