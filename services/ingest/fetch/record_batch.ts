/** A record batch as Kafka keeps it: records one after another, which only a `RecordReader` takes apart. */
export interface RecordBatch {
  readonly firstOffset: number
  readonly lastOffset: number
  readonly count: number
  /** In milliseconds since 1970; the records' own are given relative to it. */
  readonly firstTimestamp: number
  /** What stands for each record's own time where the broker stamps the batch as a whole. */
  readonly appendedAt: number | undefined
  /** Whether it holds a transaction's end and no records of anybody's. */
  readonly control: boolean
  readonly transactional: boolean
  readonly producerId: string
  /** Uncompressed. */
  readonly records: Buffer
}

/** Thrown for what Kafka 4 does not keep any more and older brokers keep only where they were told to. */
export class MessageFormatError extends Error {
  override readonly name = 'MessageFormatError'
  readonly code = 'INGEST_MESSAGE_FORMAT'
  readonly retriable = false

  constructor(magic: number) {
    super(
      `The topic holds messages of format ${magic}, which is older than record batches (Kafka 0.11): copy them into a new topic.`,
    )
  }
}

/** Undoes a batch's compression; `codec` is Kafka's number of it, from 1. */
export type Decompress = (codec: number, compressed: Buffer) => Promise<Buffer>

/** Where things stand in a record batch (Apache Kafka, "Message Format": Record Batch). */
const LENGTH_AT = 8
const MAGIC_AT = 16
const ATTRIBUTES_AT = 21
const LAST_OFFSET_DELTA_AT = 23
const FIRST_TIMESTAMP_AT = 27
const MAX_TIMESTAMP_AT = 35
const PRODUCER_ID_AT = 43
const COUNT_AT = 57
const RECORDS_AT = 61

const MAGIC = 2
const CODEC_MASK = 0x07
const LOG_APPEND_TIME = 0x08
const TRANSACTIONAL = 0x10
const CONTROL = 0x20

/**
 * The record batches of one partition in a fetch response. What is left of a batch at the end, cut off by the fetch's size, is passed over.
 *
 * @throws {MessageFormatError}
 */
export async function recordBatches(bytes: Buffer, decompress: Decompress): Promise<RecordBatch[]> {
  const batches: RecordBatch[] = []
  for (let at = 0; at + RECORDS_AT <= bytes.length; ) {
    const magic = bytes.readInt8(at + MAGIC_AT)
    if (magic !== MAGIC) throw new MessageFormatError(magic)
    const end = at + MAGIC_AT - 4 + bytes.readInt32BE(at + LENGTH_AT)
    if (end > bytes.length) break
    batches.push(await recordBatch(bytes.subarray(at, end), decompress))
    at = end
  }
  return batches
}

async function recordBatch(bytes: Buffer, decompress: Decompress): Promise<RecordBatch> {
  const attributes = bytes.readInt16BE(ATTRIBUTES_AT)
  const firstOffset = Number(bytes.readBigInt64BE(0))
  const codec = attributes & CODEC_MASK
  const records = bytes.subarray(RECORDS_AT)
  return {
    firstOffset,
    lastOffset: firstOffset + bytes.readInt32BE(LAST_OFFSET_DELTA_AT),
    count: bytes.readInt32BE(COUNT_AT),
    firstTimestamp: Number(bytes.readBigInt64BE(FIRST_TIMESTAMP_AT)),
    appendedAt: (attributes & LOG_APPEND_TIME) > 0 ? Number(bytes.readBigInt64BE(MAX_TIMESTAMP_AT)) : undefined,
    control: (attributes & CONTROL) > 0,
    transactional: (attributes & TRANSACTIONAL) > 0,
    producerId: bytes.readBigInt64BE(PRODUCER_ID_AT).toString(),
    records: codec === 0 ? records : await decompress(codec, records),
  }
}
