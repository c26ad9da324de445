import type { ExportFormat } from '../../schemas/derive/export_formats.js'
import { authAudits } from '../../schemas/streams/index.js'
import { exportQuery } from '../../services/query/export/query.js'
import { median, residentMiB } from './cost.js'
import { startQuery } from './query_service.js'
import { makeTopics, type Servers, startServers } from './servers.js'
import { createTables } from './tables.js'

const DATABASE = 'gatelog_export'
const PREFIX = 'bench.'
const FORMATS: readonly ExportFormat[] = ['ndjson', 'csv', 'parquet', 'ocsf']

interface Move {
  readonly seconds: number
  readonly bytes: number
}

/**
 * Exports of everything through the service, and the same statements directly in ClickHouse, in turn, with the same
 * reader.
 */
export async function benchExport(records: number, rounds: number): Promise<void> {
  const servers = await startServers()
  try {
    await createTables(servers.admin, DATABASE, 'shipped')
    await makeTopics(servers, PREFIX, 1)
    await fill(servers, records)
    const { service, url, authorization } = await startQuery(servers, { database: DATABASE, topicPrefix: PREFIX })
    const authorized = { authorization: await authorization('bench', ['*']) }
    const pid = service.process.pid as number
    let most = residentMiB(pid)
    const watch = setInterval(() => {
      most = Math.max(most, residentMiB(pid))
    }, 20)
    console.log(
      `${records} records over 40 days, ${rounds} rounds; memory of the service before: ${most.toFixed(0)} MiB`,
    )
    console.log('format     MB    service   ClickHouse   ratio (median of rounds)')
    for (const format of FORMATS) {
      const ours: Move[] = []
      const theirs: Move[] = []
      for (let round = 0; round < rounds; round++) {
        theirs.push(await direct(servers, format))
        ours.push(await take(`${url}/v1/auth_audits/export?format=${format}`, authorized))
      }
      report(format, ours, theirs)
    }
    clearInterval(watch)
    console.log(`most resident memory of the service: ${most.toFixed(0)} MiB`)
    await service.stop()
  } finally {
    await servers.stop()
  }
}

async function fill({ admin }: Servers, records: number): Promise<void> {
  const columns = [
    'user_id',
    'upstream_user_id',
    'org_id',
    'event',
    'source_ip',
    'trace_id',
    'session',
    'client_id',
    'stage',
    'user_agent',
  ]
  await admin.command({
    query: `INSERT INTO ${DATABASE}.auth_audits (event_id, time, ${columns.join(', ')}, ingested_at)
      SELECT generateUUIDv7(number), now64(6) - toIntervalMicrosecond(intDiv(3456000000000 * number, ${records})),
        toString(cityHash64(number) % 20000), concat('user', toString(cityHash64(number) % 20000), '@example.com'),
        concat('org-', toString(cityHash64(number) % 200)), ['Success', 'Failure', 'InProgress'][1 + number % 3],
        IPv4NumToString(toUInt32(cityHash64(number))), hex(sipHash128(intDiv(number, 4))), hex(sipHash128(intDiv(number, 4) + 7)),
        concat('client-', toString(number % 50)), ['Identify', 'Password', 'Token', 'Login'][1 + number % 4],
        concat('Mozilla/5.0 (X11; Linux x86_64) Firefox/', toString(number % 40)), now64(3)
      FROM numbers(${records}) SETTINGS max_partitions_per_insert_block = 0`,
  })
  await admin.command({ query: `OPTIMIZE TABLE ${DATABASE}.auth_audits FINAL` })
}

async function direct({ clickhouse }: Servers, format: ExportFormat): Promise<Move> {
  const principal = { subject: 'bench', scopes: [], organizations: 'all' } as const
  const request = { format, filters: { limit: 1, fields: [] }, page: { order: 'oldest first' } } as const
  const { query, query_params } = exportQuery(authAudits, request, principal)
  const { name, password } = clickhouse.users.export
  const parameters = Object.entries(query_params).map(([key, value]) => [`param_${key}`, escaped(String(value))])
  const body = new URLSearchParams([['database', DATABASE], ...parameters] as [string, string][])
  const headers = { authorization: `Basic ${btoa(`${name}:${password}`)}` }
  return take(`${clickhouse.url}/?${body}`, headers, query)
}

/** A value for ClickHouse's HTTP interface, with TSV escapes. */
function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n')
}

async function take(url: string, headers: Record<string, string>, body?: string): Promise<Move> {
  const began = performance.now()
  const response = await fetch(url, { headers, ...(body === undefined ? {} : { method: 'POST', body }) })
  if (!response.ok || response.body === null) throw new Error(`${response.status}: ${await response.text()}`)
  let bytes = 0
  for await (const chunk of response.body) bytes += (chunk as Uint8Array).length
  return { seconds: (performance.now() - began) / 1000, bytes }
}

function report(format: string, ours: readonly Move[], theirs: readonly Move[]): void {
  const rate = (moves: readonly Move[]) => median(moves.map(({ bytes, seconds }) => bytes / 1e6 / seconds))
  const ratio = median(ours.map(({ seconds }, round) => (theirs[round] as Move).seconds / seconds))
  const size = ((ours[0] as Move).bytes / 1e6).toFixed(0)
  console.log(
    `${format.padEnd(8)}${size.padStart(5)} ${rate(ours).toFixed(0).padStart(5)} MB/s ${rate(theirs).toFixed(0).padStart(7)} MB/s ${ratio.toFixed(2).padStart(8)}`,
  )
}
