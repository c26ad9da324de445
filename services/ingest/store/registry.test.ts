import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { SchemaRegistry } from './registry.js'

/**
 * Stands in for Confluent's registry, which has no package for tests. It implements the one route that is used, by its
 * API reference.
 */
async function registry(answers: Record<string, [number, object]>): Promise<string> {
  const server = createServer((request, response) => {
    const [status, body] = answers[request.url ?? ''] ?? [404, { error_code: 40403, message: 'Schema not found' }]
    response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' }).end(JSON.stringify(body))
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

it('fetches schemas by id, and distinguishes missing ids from ids that were not requested', async () => {
  const schema = { type: 'record', name: 'R', fields: [] }
  const answers: Record<string, [number, object]> = { '/schemas/ids/1': [200, { schema: JSON.stringify(schema) }] }
  let now = 0
  const known = new SchemaRegistry(await registry(answers), 1_000, () => now)
  expect(known.known(1)).toBeUndefined()
  await known.fetch([1, 2])
  expect(known.known(1)).toEqual(schema)
  expect(known.known(2)).toBeNull()

  answers['/schemas/ids/2'] = [200, { schema: '"string"' }]
  now = 60_000
  known.forgetOldDenials()
  expect(known.known(2)).toBeNull()
  now = 60_001
  known.forgetOldDenials()
  expect(known.known(2)).toBeUndefined()
  await known.fetch([2])
  expect(known.known(2)).toBe('string')
})

it('throws when the registry is unreachable', async () => {
  const broken = new SchemaRegistry(await registry({ '/schemas/ids/1': [500, {}] }), 1_000)
  await expect(broken.fetch([1])).rejects.toThrow('answered 500')
  const away = new SchemaRegistry('http://127.0.0.1:1', 1_000)
  await expect(away.fetch([1])).rejects.toThrow()
  expect(away.known(1)).toBeUndefined()
})

it('fetches a large number of ids', async () => {
  const known = new SchemaRegistry(await registry({}), 5_000)
  const ids = Array.from({ length: 500 }, (_, id) => id)
  await known.fetch(ids)
  expect(ids.every((id) => known.known(id) === null)).toBe(true)
})
