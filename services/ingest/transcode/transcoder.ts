import type { Stream } from '../../../schemas/streams/index.js'
import { rowsByDay } from './days.js'
import { CONFLUENT_BYTES, framing, schemaId } from './framing.js'
import { type Allocate, blockWriter } from './native_block.js'
import { Positions } from './positions.js'
import { checkRange, checkValues, type RecordRange, type Values } from './range.js'
import { type Poison, RangeWalk } from './range_walk.js'
import { Source } from './source.js'
import { type Registry, type ReleasedSchemas, Writers } from './writers.js'

/** What is stored with each record of a range. */
export interface Provenance {
  /** The incarnation of the topic: the text of a UUID. */
  readonly topicId: string
  readonly partition: number
  /** Milliseconds since 1970. */
  readonly ingestedAt: number
}

/** The records of one day as one block of ClickHouse's Native format, for `INSERT INTO <stream> FORMAT Native`. */
export interface DayBlock {
  /** `YYYY-MM-DD`, in UTC: the table's partition. */
  readonly day: string
  /** Where the first of its records stood. */
  readonly firstOffset: number
  readonly rows: number
  /** In memory that nothing else was given. */
  readonly block: Uint8Array<ArrayBuffer>
}

export interface Transcoded {
  /** The earliest day first; each record that is not poison is in exactly one. */
  readonly days: readonly DayBlock[]
  /** By index. */
  readonly poison: readonly Poison[]
}

export interface Transcoder {
  /**
   * Makes blocks of a range. Whether a record is poison depends on that record alone, so that the same range gives the same rows, whoever
   * transcodes it and when.
   *
   * @throws {SchemaNotFetchedError} when the range names a schema that `unknownSchemas` would list
   * @throws {RangeError} when the range's parts do not fit each other
   */
  transcode(range: RecordRange, provenance: Provenance): Transcoded

  /** The ids of schemas that the range names and that the registry has not been asked for yet; none without a registry. */
  unknownSchemas(range: Values): readonly number[]
}

export interface TranscoderOptions {
  readonly stream: Stream
  /** What older records are read by. */
  readonly schemas: ReleasedSchemas
  /** Where the schemas of Confluent-framed records are known; without it such records are poison. */
  readonly registry?: Registry
  /** Gives the memory of blocks, of the very size. */
  readonly allocate?: Allocate
}

/**
 * What turns ranges of a stream's records into blocks of its table, compiled from its declaration. It knows neither Kafka nor ClickHouse,
 * nor a clock.
 *
 * @throws {Error} when a released schema or a column of the table does not fit the declaration
 */
export function createTranscoder({
  stream,
  schemas,
  registry,
  allocate = (bytes) => new Uint8Array(bytes),
}: TranscoderOptions): Transcoder {
  const writers = new Writers(stream, schemas, registry)
  const positions = new Positions(stream.fields.length)
  const records = new RangeWalk(stream, writers, positions)
  const blockOf = blockWriter(stream, allocate)

  return {
    transcode(range, { topicId, partition, ingestedAt }) {
      checkRange(range)
      const { source, poison } = records.walk(range)
      const batch = { source, positions, offsets: range.offsets, topicId: uuidBytes(topicId), partition, ingestedAt }
      const days = rowsByDay(positions.days, range.lengths.length)
      return {
        days: days.map(({ day, rows }) => ({
          day,
          firstOffset: range.offsets[rows[0] as number] as number,
          rows: rows.length,
          block: blockOf(batch, rows),
        })),
        poison,
      }
    },

    unknownSchemas(range) {
      checkValues(range)
      if (registry === undefined) return []
      const source = new Source(range.data)
      const ids = new Set<number>()
      for (let row = 0; row < range.lengths.length; row++) {
        const start = range.starts[row] as number
        const end = start + (range.lengths[row] as number)
        if (framing(source, start, end) === CONFLUENT_BYTES) ids.add(schemaId(source, start))
      }
      return [...ids].filter((id) => writers.isUnknown(id))
    },
  }
}

function uuidBytes(text: string): Uint8Array {
  const bytes = Buffer.from(text.replaceAll('-', ''), 'hex')
  if (bytes.length !== 16) throw new RangeError('A topic id must be the text of a UUID.')
  return bytes
}
