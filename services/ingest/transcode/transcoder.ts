import type { Stream } from '../../../schemas/streams/index.js'
import { CONFLUENT_BYTES, framing, schemaId } from './avro/framing.js'
import { groupsOf } from './avro/groups.js'
import { type PoisonRecord, RangeWalk } from './avro/range_walk.js'
import { Source } from './avro/source.js'
import { rowsByDay } from './columns/days.js'
import { FieldSpans } from './columns/field_spans.js'
import { type Allocate, headedColumns, NativeBlock } from './columns/native_block.js'
import { type Registry, type ReleasedSchemas, Writers } from './columns/writers.js'
import { checkRecords, checkValues, type RangeRecords, type RangeValues } from './range_records.js'
import { type SecretCounts, SecretInspection } from './secret_inspection.js'

/** What is stored with every record of a range. */
export interface Provenance {
  /** The topic's id: the text of a UUID. */
  readonly topicId: string
  readonly partition: number
  /** Milliseconds since 1970. */
  readonly ingestedAt: number
}

/** The records of one day as one block of ClickHouse's Native format, for `INSERT INTO <stream> FORMAT Native`. */
export interface DayBlock {
  /** `YYYY-MM-DD`, in UTC: the table's partition. */
  readonly day: string
  /** Kafka offset of its first record. */
  readonly firstOffset: number
  readonly rows: number
  /** The block in consecutive pieces. */
  readonly pieces: readonly Uint8Array[]
}

export interface TranscodeResult {
  /** Earliest day first. Each record that is not poison is in exactly one block. */
  readonly days: readonly DayBlock[]
  /** Sorted by index. */
  readonly poison: readonly PoisonRecord[]
  /** Secrets in the records that were looked at. */
  readonly secrets: SecretCounts
}

export interface Transcoder {
  /**
   * Turns a range into blocks. Whether a record is poison depends on that record alone, so the same range always gives
   * the same rows.
   *
   * @throws {SchemaNotFetchedError} when the range names a schema that `unknownSchemas` would list
   * @throws {RangeError} when the arrays of the range don't match
   */
  transcode(range: RangeRecords, provenance: Provenance): TranscodeResult

  /** Ids of schemas that the range names and that were not fetched yet; always empty without a registry. */
  unknownSchemas(range: RangeValues): readonly number[]
}

export interface TranscoderOptions {
  readonly stream: Stream
  /** The schemas of older records. */
  readonly schemas: ReleasedSchemas
  /** The known schemas of Confluent-framed records. Without a registry such records are poison. */
  readonly registry?: Registry
  /** Returns memory for blocks. */
  readonly allocate?: Allocate
}

/**
 * Creates the transcoder of a stream from its declaration. A transcoder turns ranges of records into blocks of the
 * stream's table. It uses neither Kafka, nor ClickHouse, nor a clock.
 *
 * @throws {Error} when a released schema or a column of the table does not match the declaration
 */
export function createTranscoder({
  stream,
  schemas,
  registry,
  allocate = (bytes) => new Uint8Array(bytes),
}: TranscoderOptions): Transcoder {
  const writers = new Writers(stream, schemas, registry)
  const spans = new FieldSpans(stream.fields.length)
  const records = new RangeWalk(stream, writers, spans)
  const columns = headedColumns(stream)
  const inspection = new SecretInspection(stream)

  return {
    transcode(range, { topicId, partition, ingestedAt }) {
      checkRecords(range)
      const provenance = { topicId: uuidBytes(topicId), partition, ingestedAt }
      const blocks = new Map<string, Growing>()
      const poison: PoisonRecord[] = []
      for (const group of groupsOf(range)) {
        const walked = records.walk(range, group)
        poison.push(...walked.poison)
        const offsets = range.offsets.subarray(group.from, group.to)
        const walkedGroup = { source: walked.source, spans, offsets, ...provenance }
        for (const { day, rows } of rowsByDay(spans.days, offsets.length)) {
          let growing = blocks.get(day)
          if (growing === undefined) {
            const firstOffset = offsets[rows[0] as number] as number
            growing = { day, firstOffset, block: new NativeBlock(columns, allocate) }
            blocks.set(day, growing)
          }
          growing.block.append(walkedGroup, rows)
          inspection.inspect(walkedGroup, rows)
        }
      }
      const days = [...blocks.values()].sort((one, other) => (one.day < other.day ? -1 : 1))
      return {
        days: days.map(({ block, ...day }) => ({ ...day, rows: block.rows, pieces: block.pieces() })),
        poison,
        secrets: inspection.take(),
      }
    },

    unknownSchemas(range) {
      checkValues(range)
      if (registry === undefined) return []
      const ids = new Set<number>()
      for (const group of groupsOf(range)) {
        const source = new Source(range.data.subarray(group.start, group.end))
        for (let row = group.from; row < group.to; row++) {
          const start = (range.starts[row] as number) - group.start
          const end = start + (range.lengths[row] as number)
          if (framing(source, start, end) === CONFLUENT_BYTES) ids.add(schemaId(source, start))
        }
      }
      return [...ids].filter((id) => writers.isUnknown(id))
    },
  }
}

/** The block of a day while records are added to it. */
interface Growing {
  readonly day: string
  readonly firstOffset: number
  readonly block: NativeBlock
}

function uuidBytes(text: string): Uint8Array {
  const bytes = Buffer.from(text.replaceAll('-', ''), 'hex')
  if (bytes.length !== 16) throw new RangeError('A topic id must be the text of a UUID.')
  return bytes
}
