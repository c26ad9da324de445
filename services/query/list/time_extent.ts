import type { Stream } from '../../../schemas/streams/index.js'
import type { Database } from '../clickhouse/database.js'
import { extentQuery } from '../clickhouse/query.js'
import type { Span } from '../clickhouse/time_bounds.js'

/** How long an extent is gone by, in milliseconds. It need not be exact: it says where to begin, not what there is. */
const MAX_AGE_MS = 60_000

/** From when until when streams have records, as it was a minute ago at most. */
export class Extents {
  readonly #known = new Map<string, { readonly extent: Required<Span>; readonly asked: number }>()

  constructor(
    readonly database: Database,
    /** Milliseconds that pass. */
    readonly clock: () => number = () => performance.now(),
  ) {}

  /**
   * From the oldest record's time until just after the newest's; undefined where there is no record, now.
   *
   * @throws {DatabaseError}
   */
  async of(stream: Stream, signal: AbortSignal): Promise<Required<Span> | undefined> {
    const known = this.#known.get(stream.name)
    const asked = this.clock()
    if (known !== undefined && asked - known.asked < MAX_AGE_MS) return known.extent
    const [row] = await this.database.rows(extentQuery(stream), signal)
    if (row === undefined) return undefined
    const [oldest = '', newest = ''] = row
    const extent = { from: BigInt(oldest), until: BigInt(newest) + 1n }
    this.#known.set(stream.name, { extent, asked })
    return extent
  }
}
