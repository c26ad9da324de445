import { MAX_RECORD_BYTES, type Stream } from '../../../schemas/streams/index.js'
import { fingerprintAt, framing, SINGLE_OBJECT_BYTES, schemaId } from './framing.js'
import type { Layout } from './layout.js'
import type { Positions } from './positions.js'
import type { RecordRange } from './range.js'
import { type Fault, plainFault } from './reasons.js'
import { Source } from './source.js'
import { Walk } from './walk.js'
import type { Writers } from './writers.js'

/** A record that cannot be stored, by its index in the range, and why. */
export interface Poison extends Fault {
  readonly index: number
}

/** A range whose records were all looked at. */
export interface Walked {
  /** What the positions point into. */
  readonly source: Source
  /** By index. */
  readonly poison: readonly Poison[]
}

const NO_VALUE = plainFault('no_value')
const UNKNOWN_FRAMING = plainFault('unknown_framing')
const RECORD_TOO_LARGE = plainFault('record_too_large')
const UNRESOLVABLE = plainFault('unresolvable')

/** Walks all records of a range, those whose schema is laid out otherwise after they were resolved to the newest. */
export class RangeWalk {
  readonly #walk: Walk

  constructor(
    stream: Stream,
    readonly writers: Writers,
    readonly positions: Positions,
  ) {
    this.#walk = new Walk(stream, positions)
  }

  /** @throws {SchemaNotFetchedError} when a record names a schema that the registry has not been asked for */
  walk(range: RecordRange): Walked {
    const { data, starts, lengths, timestamps } = range
    const source = new Source(data)
    const poison: Poison[] = []
    const resolved: Resolved[] = []
    this.positions.reserve(lengths.length)

    for (let row = 0; row < lengths.length; row++) {
      const start = starts[row] as number
      const length = lengths[row] as number
      const fault =
        length < 0 ? NO_VALUE : this.#take(source, start, start + length, row, timestamps[row] as number, resolved)
      if (fault !== undefined) poison.push({ index: row, ...fault })
    }
    if (resolved.length === 0) return { source, poison }

    let end = data.length
    // What was resolved follows the values, so that one source holds every row, and what was noted of the others still points at them.
    const joined = new Source(Buffer.concat([data, ...resolved.map(({ datum }) => datum)]))
    for (const { row, datum, layout } of resolved) {
      const start = end
      end += datum.length
      const fault = this.#walk.walk(joined, start, end, layout, row, timestamps[row] as number)
      if (fault !== undefined) poison.push({ index: row, ...fault })
    }
    return { source: joined, poison: poison.sort((one, other) => one.index - other.index) }
  }

  /** Walks the value from `start` up to `end`, or puts it into `resolved` to be walked later. */
  #take(
    source: Source,
    start: number,
    end: number,
    row: number,
    timestamp: number,
    resolved: Resolved[],
  ): Fault | undefined {
    const framed = framing(source, start, end)
    if (framed === undefined) return UNKNOWN_FRAMING
    const datum = start + framed
    if (end - datum > MAX_RECORD_BYTES) return RECORD_TOO_LARGE

    const writer =
      framed === SINGLE_OBJECT_BYTES
        ? this.writers.byFingerprint(source, fingerprintAt(start))
        : this.writers.byId(schemaId(source, start))
    switch (writer.kind) {
      case 'walk':
        return this.#walk.walk(source, datum, end, writer.layout, row, timestamp)
      case 'poison':
        return writer.fault
      case 'resolve': {
        const newest = writer.resolve(source.bytes.subarray(datum, end))
        if (newest === undefined) return UNRESOLVABLE
        resolved.push({ row, datum: newest, layout: writer.layout })
        return undefined
      }
    }
  }
}

interface Resolved {
  readonly row: number
  readonly datum: Uint8Array
  readonly layout: Layout
}
