import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { createApp } from '../../../services/runtime/http.js'
import { silentTelemetry } from '../../../services/runtime/telemetry.js'

it('a stop does not wait for a connection without a request', async () => {
  const app = createApp({ telemetry: silentTelemetry(), openapi: {}, ready: () => undefined })
  const { hostname, port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
  const connections = () => new Promise((resolve) => app.server.getConnections((_error, count) => resolve(count)))
  const unused = connect(Number(port), hostname)
  const closed = new Promise((resolve) => unused.once('close', resolve))
  await expect.poll(connections).toBe(1)
  await app.close()
  await closed
})
