/** How far a partition is behind. */
export interface Lag {
  /** Records that Kafka holds and ClickHouse does not. */
  readonly records: number
  /** The age of the oldest of them; 0 when there is none. */
  readonly seconds: number
}

/** Offsets up to `last` that were fetched and may not be stored, and the earliest timestamp among them. */
interface Fetched {
  last: number
  timestamp: number
}

/** Fetched batches whose timestamps differ by less are taken for one, in milliseconds. So memory stays small. */
const GRAIN_MS = 100

/**
 * Measures the lag of one assigned partition, whenever it is asked: a partition that stands still falls behind too.
 * Where the oldest record that is not stored was not fetched yet, its age is the time since we know of it.
 */
export class PartitionLag {
  #end: number | undefined
  #fetched: Fetched[] = []
  #knownSince: number | undefined

  /** `firstUnstored` returns the first offset that is not stored; undefined before it is known. */
  constructor(
    readonly firstUnstored: () => number | undefined,
    readonly now: () => number,
  ) {}

  /** Kafka gives the next record the offset `offset`, or a later one by now. */
  endIs(offset: number): void {
    this.#end = Math.max(this.#end ?? 0, offset)
    this.read()
  }

  /** Records up to the offset `last` were fetched, the oldest of which has `timestamp` (-1 when it has none). */
  fetched(last: number, timestamp: number): void {
    const newest = this.#fetched.at(-1)
    // Fetched again, because its worker started again.
    if (newest !== undefined && last <= newest.last) return
    if (timestamp < 0) return
    if (newest !== undefined && timestamp - newest.timestamp < GRAIN_MS) {
      newest.last = last
      newest.timestamp = Math.min(newest.timestamp, timestamp)
    } else {
      this.#fetched.push({ last, timestamp })
    }
  }

  /** The lag now; undefined before it is known what is stored and what Kafka holds. */
  read(): Lag | undefined {
    const first = this.firstUnstored()
    if (first === undefined || this.#end === undefined) return undefined
    const stored = this.#fetched.findIndex(({ last }) => last >= first)
    this.#fetched = stored === -1 ? [] : this.#fetched.slice(stored)
    const records = Math.max(0, this.#end - first)
    const [oldest] = this.#fetched
    if (records === 0 || oldest !== undefined) this.#knownSince = undefined
    else this.#knownSince ??= this.now()
    const since = oldest?.timestamp ?? this.#knownSince
    const seconds = records === 0 || since === undefined ? 0 : Math.max(0, this.now() - since) / 1000
    return { records, seconds }
  }
}
