import type { Stream } from '../../../schemas/streams/index.js'
import { recordColumns } from './columns.js'
import type { Database } from './database.js'
import { DatabaseError } from './errors.js'

const TIMEOUT_MS = 2_000
const MARKS = { name: 'ingest_marks', columns: ['stream', 'topic_id', 'kafka_partition', 'next_offset'] }

/** How long an answer is reused, in milliseconds: probes may come as often as they like. */
const REUSE_MS = 1_000

/** `waitingFor`, which asks the database at most once a second however often it is called. */
export function readinessCheck(
  database: Database,
  streams: readonly Stream[],
  clock: () => number = () => performance.now(),
): () => Promise<string | undefined> {
  let last: { readonly answer: Promise<string | undefined>; readonly askedAt: number; settled: boolean } | undefined
  return () => {
    if (last === undefined || (last.settled && clock() - last.askedAt >= REUSE_MS)) {
      const asked = { answer: waitingFor(database, streams), askedAt: clock(), settled: false }
      const settle = () => {
        asked.settled = true
      }
      asked.answer.then(settle, settle)
      last = asked
    }
    return last.answer
  }
}

/** What is missing before the service can answer: ClickHouse, a stream's table with its columns, or ingest's marks. */
export async function waitingFor(database: Database, streams: readonly Stream[]): Promise<string | undefined> {
  const tables = streams.map((stream) => ({ name: stream.name, columns: recordColumns(stream) }))
  for (const { name, columns } of [...tables, MARKS]) {
    const query = `SELECT ${columns.join(', ')} FROM ${name} LIMIT 0`
    try {
      await database.rows({ query, query_params: {} }, AbortSignal.timeout(TIMEOUT_MS))
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error
      return MISSING.has(error.reason) ? `the table ${name}: run migrate` : `ClickHouse (${error.reason})`
    }
  }
  return undefined
}

/** Errors of ClickHouse that say that the migrations have not run, or not all. */
const MISSING: ReadonlySet<string> = new Set(['UNKNOWN_TABLE', 'UNKNOWN_DATABASE', 'UNKNOWN_IDENTIFIER'])
