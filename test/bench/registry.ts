import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { avroSchema } from '../../schemas/derive/avro.js'
import { authAudits } from '../../schemas/streams/index.js'

/** Stands in for Confluent's schema registry, which no package registry has: it answers the one route that readers use. */
export interface Registry {
  readonly url: string
  readonly schemaId: number
  stop(): Promise<void>
}

export async function startRegistry(): Promise<Registry> {
  const schemaId = 1
  const body = JSON.stringify({ schema: JSON.stringify(avroSchema(authAudits)) })
  const server = createServer((request, response) => {
    const known = request.url?.split('?')[0] === `/schemas/ids/${schemaId}`
    response.writeHead(known ? 200 : 404, { 'content-type': 'application/vnd.schemaregistry.v1+json' })
    response.end(known ? body : JSON.stringify({ error_code: 40403, message: 'Schema not found' }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    schemaId,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
