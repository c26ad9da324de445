import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '@clickhouse/client'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Audit } from '../../../services/emitter/index.js'
import { DatabaseError } from '../../../services/query/clickhouse/errors.js'
import { clickhouseExportDatabase, type ExportDatabase } from '../../../services/query/export/database.js'
import { buildExporter, type Exporter, type ExporterOptions } from '../../fixtures/query/exporter.js'
import { buildReader, type Reader, shown } from '../../fixtures/query/reader.js'

let reader: Reader
const exporters: Exporter[] = []
const { name, password } = inject('observer')
const observer = createClient({ url: inject('servers').clickhouse.url, username: name, password })

beforeAll(async () => {
  reader = await buildReader(inject('servers'))
})

afterAll(async () => {
  await Promise.all(exporters.map(({ app }) => app.close()))
  await observer.close()
  await reader.close()
})

async function over(options: ExporterOptions = {}): Promise<Exporter> {
  const exporter = await buildExporter(reader, options)
  exporters.push(exporter)
  return exporter
}

/** Another query in place of every export's. */
function asking(query: string, options?: Parameters<Reader['client']>[1]): ExportDatabase {
  const database = clickhouseExportDatabase(reader.client('export', options))
  return {
    start: (original, signal) => {
      const replaced = original.query.startsWith('SELECT DISTINCT organization') ? NO_ORGANIZATIONS : query
      return database.start({ query: replaced, query_params: {} }, signal)
    },
  }
}

const NO_ORGANIZATIONS = "SELECT '' WHERE false FORMAT JSONCompactEachRow"
const ENDLESS = "SELECT number, repeat('x', 1000) AS x FROM numbers(100000000) FORMAT JSONEachRow"

function result({ audit_attributes = [] }: Audit): Record<string, string> {
  const results = audit_attributes.filter(({ attribute_type }) => attribute_type === 'result')
  return Object.fromEntries(results.map(({ attribute_id = '', attribute_name = '' }) => [attribute_id, attribute_name]))
}

/** How many exports the database is at. */
async function running(): Promise<number> {
  const query = "SELECT count() AS n FROM system.processes WHERE user = 'export'"
  const answer = await observer.query({ query, format: 'JSONEachRow' })
  return Number((await answer.json<{ n: string }>())[0]?.n)
}

describe('an export that the database breaks off', () => {
  it('is an error for its caller, without the reason', async () => {
    const secret = 'a-secret-value'
    const broken = `SELECT number, throwIf(number = 3000000, '${secret}') AS fails FROM numbers(5000000) FORMAT JSONEachRow`
    const exporter = await over({ database: asking(broken) })
    const response = await exporter.ask({})
    expect(response.status).toBe(200)
    let received = ''
    const reading = (async () => {
      for await (const chunk of response.body ?? []) received += Buffer.from(chunk).toString()
    })()
    await expect(reading).rejects.toThrow('terminated')
    expect(received.length).toBeGreaterThan(100_000)
    expect(received).not.toMatch(/__exception__|DB::Exception|a-secret-value/)
    const record = await exporter.recorded(2)
    expect(record.action).toBe('EXPORT')
    expect(result(record)).toMatchObject({ outcome: 'broken' })
    expect(Number(result(record).bytes)).toBe(received.length)
  })

  it('ends without the last chunk, also with `Connection: close`', async () => {
    // By one thread: another could come to what fails before anything has been answered.
    const broken =
      'SELECT number, throwIf(number = 300000) AS fails FROM numbers(5000000) SETTINGS max_threads = 1 FORMAT JSONEachRow'
    const exporter = await over({ database: asking(broken) })
    const { hostname, port } = new URL(exporter.address)
    const head = ['GET /v1/auth_audits/export HTTP/1.1', 'host: gatelog', 'connection: close']
    const authorization = `authorization: ${await reader.authorization(['*'], undefined, 'audits:export')}`
    const socket = connect(Number(port), hostname)
    socket.write([...head, authorization, '', ''].join('\r\n'))
    const answer = await text(socket)
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(answer.toLowerCase()).toContain('transfer-encoding: chunked')
    expect(answer).not.toMatch(/\r\n0\r\n\r\n$/)
    expect(answer).not.toContain('DB::Exception')
  })

  it('before its first record is a problem with advice', async () => {
    const limits = { clickhouse_settings: { max_execution_time: 0.05 } }
    const exporter = await over({
      database: asking('SELECT sum(cityHash64(number)) FROM numbers(10000000000)', limits),
    })
    const response = await exporter.ask({})
    expect([response.status, await response.json()]).toMatchObject([422, { error_code: 'QUERY_TOO_LARGE' }])
    // An export that the database refuses has not begun.
    expect(exporter.trail).toEqual([])
  })

  it('because it is not available can be retried', async () => {
    const exporter = await over({ database: asking('', { url: 'http://127.0.0.1:1' }) })
    const response = await exporter.ask({})
    expect([response.status, await response.json()]).toMatchObject([503, { error_code: 'STORE_UNAVAILABLE' }])
  })
})

it('reads no faster than its caller, and ends in the database when its caller leaves', async () => {
  let delivered = 0
  const database = asking(ENDLESS)
  const exporter = await over({
    database: {
      async start(query, signal) {
        const started = await database.start(query, signal)
        started.body.on('data', (chunk: Buffer) => {
          delivered += chunk.length
        })
        // A listener sets a stream flowing, and who takes the bytes decides.
        started.body.pause()
        return started
      },
    },
  })
  const leaving = new AbortController()
  const response = await exporter.ask({}, { signal: leaving.signal })
  expect(response.status).toBe(200)
  await sleep(1_000)
  const first = delivered
  await sleep(1_000)
  expect(delivered).toBe(first)
  expect(delivered).toBeLessThan(16 * 1024 * 1024)
  expect(await running()).toBe(1)
  leaving.abort()
  const began = Date.now()
  while ((await running()) > 0 && Date.now() - began < 20_000) await sleep(50)
  expect(await running()).toBe(0)
  expect(result(await exporter.recorded(2)).outcome).toBe('abandoned')
})

it('limits how many exports one principal runs at once', async () => {
  const exporter = await over({ database: asking(ENDLESS), perPrincipal: 2 })
  const leaving = new AbortController()
  const begun = await Promise.all([0, 1].map(() => exporter.ask({}, { signal: leaving.signal })))
  expect(begun.map(({ status }) => status)).toEqual([200, 200])
  const refused = await exporter.ask({})
  expect([refused.status, await refused.json()]).toMatchObject([429, { error_code: 'TOO_MANY_EXPORTS' }])
  leaving.abort()
  while (exporter.trail.length < 4) await sleep(20)
  const again = new AbortController()
  expect((await exporter.ask({}, { signal: again.signal })).status).toBe(200)
  again.abort()
})

it('breaks an export off when the service stops, and records that', async () => {
  const exporter = await over({ database: asking(ENDLESS) })
  const response = await exporter.ask({})
  const reading = expect(response.text()).rejects.toThrow('terminated')
  await exporter.app.close()
  await reading
  expect(result(await exporter.recorded(2)).outcome).toBe('broken')
})

describe('the trail', () => {
  it('records who exported what and how many records, in each format', async () => {
    const exporter = await over()
    await reader.client('ingest').command({
      query: `INSERT INTO auth_audits (event_id, time, trace_id, org_id, user_id)
        SELECT generateUUIDv4(n), now64(6) - n, 'trail', 'o1', concat('a\n"', toString(n)) FROM (SELECT arrayJoin(range(150001)) AS n)`,
    })
    for (const [index, format] of ['ndjson', 'csv', 'parquet', 'ocsf'].entries()) {
      const response = await exporter.ask({ trace_id: 'trail', format }, { organizations: ['o1'] })
      const bytes = (await response.arrayBuffer()).byteLength
      const record = await exporter.recorded(2 * (index + 1))
      const begun = exporter.trail.at(-2)
      expect(begun).toMatchObject({ action: 'EXPORT_BEGIN', target_id: record.target_id })
      expect(record).toMatchObject({ user_id: 'tester', org_id: 'o1', target_resource_type: 'auth_audits' })
      expect(response.headers.get('gatelog-export-id')).toBe(record.target_id)
      expect(result(record), format).toEqual({ outcome: 'complete', records: '150001', bytes: String(bytes) })
    }
  })

  it('comes first: an export that cannot be recorded is not sent', async () => {
    const bodies: Readable[] = []
    const database: ExportDatabase = {
      start: async ({ query }) => {
        const body = Readable.from(query.startsWith('SELECT DISTINCT') ? [] : ['{"event_id":"a-secret-record"}\n'])
        bodies.push(body)
        return { body, exceptionTag: 'tag' }
      },
    }
    const exporter = await over({ database, takes: () => false })
    const response = await exporter.ask({})
    const problem = await response.text()
    expect([response.status, JSON.parse(problem)]).toMatchObject([503, { error_code: 'EXPORT_NOT_RECORDED' }])
    expect(problem).not.toContain('a-secret-record')
    // And its place is free again.
    for (let times = 0; times < 3; times++) expect((await exporter.ask({})).status).toBe(503)
    expect(exporter.trail).toEqual([])
    await expect.poll(() => bodies.every(({ destroyed }) => destroyed)).toBe(true)
  })

  it('has nothing of an export that is refused', async () => {
    const exporter = await over({ database: asking(ENDLESS), perPrincipal: 1 })
    const leaving = new AbortController()
    expect((await exporter.ask({}, { signal: leaving.signal })).status).toBe(200)
    const before = [...exporter.trail]
    expect((await exporter.ask({})).status).toBe(429)
    expect((await exporter.ask({ nonsense: '1' })).status).toBe(400)
    expect(exporter.trail).toEqual(before)
    leaving.abort()
    await exporter.recorded(2)
  })

  it('names every organization whose records were sent', async () => {
    const exporter = await over()
    const values = [
      { org_id: 'mine', login_org_id: '' },
      { org_id: 'guest', login_org_id: 'mine' },
      { org_id: 'other', login_org_id: 'other' },
    ]
    await reader.insert(values.map((each) => shown({ ...each, trace_id: 'named' })))
    const named = async (organizations: string[], count: number) => {
      exporter.trail.splice(0)
      await (await exporter.ask({ trace_id: 'named' }, { organizations })).text()
      await exporter.recorded(count)
      // More would come at once.
      await sleep(200)
      return exporter.trail
        .map(({ action, org_id = '', target_resource_org_id = '' }) =>
          [action, org_id, target_resource_org_id].join(' '),
        )
        .toSorted()
    }
    expect(await named(['mine'], 4)).toEqual([
      ...['EXPORT mine ', 'EXPORT mine guest'],
      ...['EXPORT_BEGIN mine ', 'EXPORT_BEGIN mine guest'],
    ])
    expect(await named(['mine', 'nobody'], 6)).toEqual([
      ...['EXPORT  ', 'EXPORT  guest', 'EXPORT  mine'],
      ...['EXPORT_BEGIN  ', 'EXPORT_BEGIN  guest', 'EXPORT_BEGIN  mine'],
    ])
    expect(await named(['*'], 8)).toHaveLength(2 * (1 + 3))
    expect(await named(['nobody'], 2)).toEqual(['EXPORT nobody ', 'EXPORT_BEGIN nobody '])
  })

  it('has nothing of an export whose organizations cannot be read', async () => {
    const endless = asking(ENDLESS)
    const exporter = await over({
      database: {
        start: (query, signal) =>
          query.query.startsWith('SELECT DISTINCT')
            ? Promise.reject(new DatabaseError('STORE_UNAVAILABLE', 'ECONNREFUSED'))
            : endless.start(query, signal),
      },
    })
    expect((await exporter.ask({})).status).toBe(503)
    expect(exporter.trail).toEqual([])
    await expect.poll(running, { timeout: 20_000 }).toBe(0)
  })
})

it('ends on both sides when its caller reads nothing, and is recorded', async () => {
  const exporter = await over({ database: asking(ENDLESS), perPrincipal: 1, stallMs: 1_500 })
  const { hostname, port } = new URL(exporter.address)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => undefined)
  socket.pause()
  const authorization = await reader.authorization(['*'], undefined, 'audits:export')
  socket.write(`GET /v1/auth_audits/export HTTP/1.1\r\nhost: a\r\nauthorization: ${authorization}\r\n\r\n`)
  await exporter.recorded(1)
  expect((await exporter.ask({})).status).toBe(429)
  expect(result(await exporter.recorded(2))).toMatchObject({ outcome: 'abandoned' })
  await expect.poll(running, { timeout: 20_000 }).toBe(0)
  const again = new AbortController()
  expect((await exporter.ask({}, { signal: again.signal })).status).toBe(200)
  again.abort()
  socket.destroy()
})
