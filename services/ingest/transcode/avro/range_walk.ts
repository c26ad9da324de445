import { MAX_RECORD_BYTES, type Stream } from '../../../../schemas/streams/index.js'
import type { FieldSpans } from '../columns/field_spans.js'
import type { Layout } from '../columns/layout.js'
import type { Writers } from '../columns/writers.js'
import type { RangeRecords } from '../range_records.js'
import { type Fault, plainFault } from '../reasons.js'
import { fingerprintAt, framing, SINGLE_OBJECT_BYTES, schemaId } from './framing.js'
import type { Group } from './groups.js'
import { Source } from './source.js'
import { Walk } from './walk.js'

/** A record that can never be stored: its index in the range, and why. */
export interface PoisonRecord extends Fault {
  readonly index: number
}

/** The result of walking a group. */
export interface WalkResult {
  /** The bytes that the spans refer to. */
  readonly source: Source
  /** Sorted by index. */
  readonly poison: readonly PoisonRecord[]
}

const NO_VALUE = plainFault('no_value')
const UNKNOWN_FRAMING = plainFault('unknown_framing')
const RECORD_TOO_LARGE = plainFault('record_too_large')
const UNRESOLVABLE = plainFault('unresolvable')

/**
 * Walks the records of a range, group by group. A record with another layout is first resolved to the newest schema.
 */
export class RangeWalk {
  readonly #walk: Walk

  constructor(
    stream: Stream,
    readonly writers: Writers,
    readonly spans: FieldSpans,
  ) {
    this.#walk = new Walk(stream, spans)
  }

  /**
   * Fills the spans of a group's records. Row 0 is the group's first record.
   *
   * @throws {SchemaNotFetchedError} when a record names a schema that was not fetched yet
   */
  walk({ data, starts, lengths, timestamps }: RangeRecords, group: Group): WalkResult {
    const source = new Source(data.subarray(group.start, group.end))
    const poison: PoisonRecord[] = []
    const resolved: Resolved[] = []
    this.spans.reserve(group.to - group.from)

    for (let index = group.from; index < group.to; index++) {
      const row = index - group.from
      const start = (starts[index] as number) - group.start
      const length = lengths[index] as number
      const fault =
        length < 0 ? NO_VALUE : this.#take(source, start, start + length, row, timestamps[index] as number, resolved)
      if (fault !== undefined) poison.push({ index, ...fault })
    }
    if (resolved.length === 0) return { source, poison }

    let end = source.bytes.length
    // Resolved data follow the values, so that one source contains every row and the spans of the others stay valid.
    const joined = new Source(Buffer.concat([source.bytes, ...resolved.map(({ datum }) => datum)]))
    for (const { row, datum, layout } of resolved) {
      const start = end
      const index = group.from + row
      end += datum.length
      const fault = this.#walk.walk(joined, start, end, layout, row, timestamps[index] as number)
      if (fault !== undefined) poison.push({ index, ...fault })
    }
    return { source: joined, poison: poison.sort((one, other) => one.index - other.index) }
  }

  /** Walks the value from `start` to before `end`, or adds it to `resolved` to be walked later. */
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
