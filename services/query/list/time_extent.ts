import type { Stream } from '../../../schemas/streams/index.js'
import type { Database } from '../clickhouse/database.js'
import type { TimeRange } from '../clickhouse/time_bounds.js'
import { timeExtentQuery } from './query.js'

/**
 * How long an extent is used, in milliseconds. It need not be exact: it decides where a page begins to read, never what
 * is found.
 */
const MAX_AGE_MS = 500

/** For each stream, the range of time in which it has records, as it was at most half a second ago. */
export class TimeExtentCache {
  readonly #entries = new Map<string, { readonly extent: TimeRange; readonly readAt: number }>()

  constructor(
    readonly database: Database,
    /** A monotonic clock, in milliseconds. */
    readonly clock: () => number = () => performance.now(),
  ) {}

  /**
   * From the oldest record's time until just after the newest's; undefined while the stream has no record.
   *
   * @throws {DatabaseError}
   */
  async get(stream: Stream, signal: AbortSignal): Promise<TimeRange | undefined> {
    const entry = this.#entries.get(stream.name)
    const readAt = this.clock()
    if (entry !== undefined && readAt - entry.readAt < MAX_AGE_MS) return entry.extent
    const [row] = await this.database.rows(timeExtentQuery(stream), signal)
    if (row === undefined) return undefined
    const [oldest = '', newest = ''] = row
    const extent = { from: BigInt(oldest), until: BigInt(newest) + 1n }
    this.#entries.set(stream.name, { extent, readAt })
    return extent
  }
}
