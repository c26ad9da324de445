import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { registryClient } from '../../emitter/registry/client.js'
import { type RegistryConfig, registryAccess } from '../../runtime/registry.js'
import { NOT_AVRO } from '../transcode/index.js'
import { SchemaRegistry } from './registry.js'

/** A response: its status and its body, as text or to be written as JSON. */
type Answer = readonly [status: number, body: object | string]

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/**
 * Stands in for Confluent's registry, which has no package for tests. It implements the one route that is used, by its
 * API reference. `asked` collects the headers of requests.
 */
async function serve(answers: Readonly<Record<string, Answer>>, asked: IncomingHttpHeaders[] = []): Promise<string> {
  const server = createServer((request, response) => {
    asked.push(request.headers)
    const [status, body] = answers[request.url ?? ''] ?? [404, { error_code: 40403, message: 'Schema not found' }]
    response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function registry(url: string, { config = {}, now }: { config?: RegistryConfig; now?: () => number } = {}) {
  return new SchemaRegistry(
    registryClient({ ...registryAccess({ ...config, SCHEMA_REGISTRY_URL: url }), url, timeoutMs: 1_000 }),
    now,
  )
}

it('fetches schemas by id, and distinguishes missing ids from ids that were not requested', async () => {
  const schema = { type: 'record', name: 'R', fields: [] }
  const answers: Record<string, Answer> = { '/schemas/ids/1': [200, { schema: JSON.stringify(schema) }] }
  let now = 0
  const known = registry(await serve(answers), { now: () => now })
  expect(known.known(1)).toBeUndefined()
  await known.fetch([1, 2])
  expect(known.known(1)).toEqual(schema)
  expect(known.known(2)).toBeNull()

  answers['/schemas/ids/2'] = [200, { schema: '"string"', schemaType: 'AVRO' }]
  now = 60_000
  known.forgetOldDenials()
  expect(known.known(2)).toBeNull()
  now = 60_001
  known.forgetOldDenials()
  expect(known.known(2)).toBeUndefined()
  await known.fetch([2])
  expect(known.known(2)).toBe('string')
})

it.each([
  ['Protocol Buffers', { schemaType: 'PROTOBUF', schema: 'syntax = "proto3"; message R { string a = 1; }' }],
  ['JSON Schema', { schemaType: 'JSON', schema: '{"type":"object"}' }],
  ['no JSON', { schema: 'syntax = "proto3";' }],
])('a schema in %s is an answer, and no outage', async (_name, body) => {
  const known = registry(await serve({ '/schemas/ids/1': [200, body] }))
  await known.fetch([1])
  expect(known.known(1)).toBe(NOT_AVRO)
})

describe('a registry that does not say whether it has a schema', () => {
  it.each<[string, Answer, string]>([
    ['an error of its own', [500, {}], 'REGISTRY_UNEXPECTED'],
    ['a response that is no JSON', [200, '<html>'], 'REGISTRY_UNEXPECTED'],
    ['a response without a schema', [200, {}], 'REGISTRY_UNEXPECTED'],
    ['a 404 of another server', [404, '<html>'], 'REGISTRY_UNEXPECTED'],
    ['a redirect', [302, ''], 'REGISTRY_UNEXPECTED'],
    ['a rejected login', [401, { error_code: 40101 }], 'REGISTRY_UNAUTHORIZED'],
    ['a missing permission', [403, { error_code: 40301 }], 'REGISTRY_UNAUTHORIZED'],
  ])('throws an error after %s', async (_name, answer, code) => {
    const known = registry(await serve({ '/schemas/ids/1': answer }))
    await expect(known.fetch([1])).rejects.toMatchObject({ code, retriable: true })
    expect(known.known(1)).toBeUndefined()
  })

  it('throws an error if nothing answers', async () => {
    const away = registry('http://127.0.0.1:1')
    await expect(away.fetch([1])).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' })
    expect(away.known(1)).toBeUndefined()
  })

  it('throws an error after the timeout, and after a body that does not end', async () => {
    const silent = createServer((request, response) => {
      if (request.url === '/schemas/ids/2') response.writeHead(200).write('{')
    })
    servers.push(silent)
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`
    const client = registryClient({ url, timeoutMs: 100 })
    for (const id of [1, 2]) {
      await expect(new SchemaRegistry(client).fetch([id])).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' })
    }
    silent.closeAllConnections()
  })
})

it.each<[string, RegistryConfig, string | undefined]>([
  ['no login', {}, undefined],
  [
    'basic authentication',
    { SCHEMA_REGISTRY_USERNAME: 'ada', SCHEMA_REGISTRY_PASSWORD: 'pass:word' },
    'Basic YWRhOnBhc3M6d29yZA==',
  ],
  ['a bearer token', { SCHEMA_REGISTRY_TOKEN: 'token' }, 'Bearer token'],
])('sends %s', async (_name, config, expected) => {
  const asked: IncomingHttpHeaders[] = []
  await registry(await serve({}, asked), { config }).fetch([1])
  expect(asked.map(({ authorization }) => authorization)).toEqual([expected])
})

it('fetches a large number of ids', async () => {
  const known = registry(await serve({}))
  const ids = Array.from({ length: 500 }, (_, id) => id)
  await known.fetch(ids)
  expect(ids.every((id) => known.known(id) === null)).toBe(true)
})
