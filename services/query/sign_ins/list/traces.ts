import { SIGN_IN_SPAN_MS } from '../../../../schemas/derive/sign_in_lists.js'
import { MAX_STAGES } from '../../../../schemas/derive/sign_ins.js'
import type { Stream } from '../../../../schemas/streams/index.js'
import type { Principal } from '../../../runtime/auth/bearer_tokens.js'
import { recordColumns } from '../../clickhouse/columns.js'
import type { Database } from '../../clickhouse/database.js'
import { type ApiRecord, microsOf, recordsOf } from '../../clickhouse/rows.js'
import { rowsOnce } from '../../clickhouse/rows_once.js'
import { sortKeyOf } from '../../clickhouse/sort_key.js'
import type { TimeRange } from '../../clickhouse/time_bounds.js'
import { listQuery } from '../../list/query.js'
import type { Filters } from '../../parameters/filters.js'

/** With more traces at once, an index over pairs of a trace and an organization would exclude no granule. */
export const MAX_TRACES = 100
/** Traces with more records than these in all are read in two halves. */
const MAX_RECORDS = 5_000

interface TracesSource {
  readonly database: Database
  readonly signal: AbortSignal
}

/**
 * The records of the traces of some stages, by trace: those near the stages. Of a trace with more than `MAX_STAGES`
 * records, the first ones.
 */
export async function fetchTraces(
  stream: Stream,
  stages: readonly ApiRecord[],
  principal: Principal,
  source: TracesSource,
): Promise<ReadonlyMap<string, readonly ApiRecord[]>> {
  const traces = [...new Set(stages.map(({ trace_id }) => String(trace_id)))]
  if (traces.length === 0) return new Map()
  const limit = traces.length === 1 ? MAX_STAGES : MAX_RECORDS
  const filters: Filters = {
    limit,
    ranges: rangesAround(stages),
    fields: [{ field: 'trace_id', parameter: 'trace_id', values: traces }],
  }
  const rows = await rowsOnce(
    limit,
    ({ final, limit: asked }) => {
      const query = listQuery(stream, { ...filters, limit: asked }, principal, { order: 'oldest first' }, { final })
      return source.database.rows(query, source.signal)
    },
    sortKeyOf(stream, recordColumns(stream)),
  )
  if (rows.length === limit && traces.length > 1) {
    const first = new Set(traces.slice(0, Math.ceil(traces.length / 2)))
    const isFirst = ({ trace_id }: ApiRecord) => first.has(String(trace_id))
    const halves = [stages.filter(isFirst), stages.filter((stage) => !isFirst(stage))]
    const read = []
    for (const half of halves) read.push(...(await fetchTraces(stream, half, principal, source)))
    return new Map(read)
  }
  return byTrace(recordsOf(stream)(rows))
}

function byTrace(records: readonly ApiRecord[]): ReadonlyMap<string, readonly ApiRecord[]> {
  const traces = new Map<string, ApiRecord[]>()
  for (const record of records) {
    const traceId = String(record.trace_id)
    const trace = traces.get(traceId)
    if (trace === undefined) traces.set(traceId, [record])
    else trace.push(record)
  }
  return traces
}

/** The times near the stages: few ranges, none of which overlap. */
function rangesAround(stages: readonly ApiRecord[]): readonly TimeRange[] {
  const span = BigInt(SIGN_IN_SPAN_MS) * 1_000n
  const times = stages.map(microsOf).toSorted((a, b) => (a < b ? -1 : 1))
  const ranges: { from: bigint; until: bigint }[] = []
  for (const time of times) {
    const last = ranges.at(-1)
    if (last !== undefined && time - span <= last.until) last.until = time + span + 1n
    else ranges.push({ from: time - span, until: time + span + 1n })
  }
  return ranges
}
