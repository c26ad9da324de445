import { createServer, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { buildReader, ISSUER, type Reader } from '../../fixtures/query/reader.js'
import { type ServiceProcess, startService } from '../../fixtures/stack/service.js'

/** A server that accepts connections and never answers, like a database that was suspended. */
const sockets = new Set<Socket>()
const silent: Server = createServer((socket) => {
  sockets.add(socket)
  socket.on('error', () => {})
})

const servers = inject('servers')
let reader: Reader
let query: ServiceProcess
let address: string

beforeAll(async () => {
  reader = await buildReader(servers)
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const { port } = silent.address() as { port: number }
  query = startService('query', {
    HOST: '127.0.0.1',
    PORT: '0',
    CLICKHOUSE_URL: `http://127.0.0.1:${port}`,
    CLICKHOUSE_DATABASE: reader.database,
    CLICKHOUSE_USER: servers.clickhouse.users.query.name,
    CLICKHOUSE_PASSWORD: servers.clickhouse.users.query.password,
    AUTH_ISSUER: ISSUER,
    AUTH_PUBLIC_KEY: reader.publicKey,
  })
  address = String((await query.logged(({ msg }) => msg === 'listening')).url)
})

afterAll(async () => {
  await query?.stop()
  for (const socket of sockets) socket.destroy()
  silent.close()
  await reader.close()
})

it.each(['/v1/auth_audits', '/v1/auth_audits/counts?by=stage', '/v1/auth_audits/changes', '/v1/sign_ins/trace-1'])(
  'a database that hangs is 503 within five seconds: %s',
  async (path) => {
    const headers = { authorization: await reader.authorization() }
    const startedAt = performance.now()
    const response = await fetch(`${address}${path}`, { headers, signal: AbortSignal.timeout(20_000) })
    expect(performance.now() - startedAt).toBeLessThan(5_000)
    expect(await response.json()).toMatchObject({ status: 503, error_code: 'STORE_UNAVAILABLE' })
  },
)

it('readiness, metrics and log say that the database does not answer, not that callers left', async () => {
  const readiness = await fetch(`${address}/readyz`)
  expect(await readiness.json()).toEqual({ status: 'not ready', waiting_for: 'ClickHouse (NO_ANSWER)' })
  const metrics = await (await fetch(`${address}/metrics`)).text()
  expect(metrics).toMatch(/gatelog_query_clickhouse_failures_total\{code="STORE_UNAVAILABLE",.*\} [1-9]/)
  expect(metrics).not.toContain('code="QUERY_CANCELLED"')
  expect(query.log).toContainEqual(expect.objectContaining({ code: 'STORE_UNAVAILABLE', reason: 'NO_ANSWER' }))
})
