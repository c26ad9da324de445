import { BatchFault } from './batch_fault.js'

/**
 * A record batch as Kafka stores it, or one of the messages of an older format. The header is read; the records are
 * not, and may be compressed: see `openBatch`.
 *
 * @see Apache Kafka, "Message Format": Record Batch
 */
export interface RecordBatch {
  readonly firstOffset: number
  readonly lastOffset: number
  readonly count: number
  /** In milliseconds since 1970; the records' timestamps are relative to it. */
  readonly firstTimestamp: number
  /** Replaces the timestamp of each record if the broker stamps whole batches; undefined otherwise. */
  readonly appendedAt: number | undefined
  readonly content: BatchContent
  /** Kafka's number of the compression codec; 0 for none. */
  readonly codec: number
  readonly producerId: bigint
  readonly transactional: boolean
  /** The whole batch. */
  readonly bytes: Buffer
  /** The records, compressed if `codec` is not 0. */
  readonly records: Buffer
}

/**
 * What a batch contains: records, or the marker that ends a transaction (`control`), or records of a transaction that
 * was aborted, or bytes that can't be read.
 */
export type BatchContent = 'records' | 'control' | 'aborted' | BatchFault

/** What `recordBatches` needs to know beside the bytes. */
export interface BatchContext {
  /** CRC-32C. */
  readonly checksum: (bytes: Buffer) => number
  /** The partition's high watermark: no record of the response has this offset or a later one. */
  readonly highWatermark: number
}

/** Positions in a record batch (Apache Kafka, "Message Format": Record Batch). */
const LENGTH_AT = 8
const MAGIC_AT = 16
const CHECKSUM_AT = 17
const ATTRIBUTES_AT = 21
const LAST_OFFSET_DELTA_AT = 23
const FIRST_TIMESTAMP_AT = 27
const MAX_TIMESTAMP_AT = 35
const PRODUCER_ID_AT = 43
const COUNT_AT = 57
const RECORDS_AT = 61

/** The length of a batch counts the bytes from here. */
const LENGTH_END = LENGTH_AT + 4
const OFFSET_BYTES = 8
const MAGIC = 2
const CODEC_MASK = 0x07
const LOG_APPEND_TIME = 0x08
const TRANSACTIONAL = 0x10
const CONTROL = 0x20

/**
 * Reads the headers of one partition's record batches in a fetch response, and checks the checksums. Ignores the last
 * batch if the response cuts it off, which Kafka does at a fetch's size limit.
 *
 * @throws {RangeError} when a length is impossible, so the next batch cannot be found
 */
export function recordBatches(bytes: Buffer, context: BatchContext): RecordBatch[] {
  const batches: RecordBatch[] = []
  for (let at = 0; at + MAGIC_AT < bytes.length; ) {
    const end = at + LENGTH_END + bytes.readInt32BE(at + LENGTH_AT)
    // The broker itself finds the next batch by this length.
    if (end <= at + MAGIC_AT) throw new RangeError('Kafka sent a record batch without a header.')
    if (end > bytes.length) break
    const nextOffset = end + OFFSET_BYTES <= bytes.length ? Number(bytes.readBigInt64BE(end)) : context.highWatermark
    batches.push(recordBatch(bytes.subarray(at, end), nextOffset, context))
    at = end
  }
  return batches
}

function recordBatch(bytes: Buffer, nextOffset: number, { checksum, highWatermark }: BatchContext): RecordBatch {
  if (bytes.readInt8(MAGIC_AT) !== MAGIC) return unreadable(bytes, 'batch_format')
  if (bytes.length < RECORDS_AT) return unreadable(bytes, 'batch_checksum')
  const attributes = bytes.readInt16BE(ATTRIBUTES_AT)
  const firstOffset = Number(bytes.readBigInt64BE(0))
  const lastOffset = firstOffset + bytes.readInt32BE(LAST_OFFSET_DELTA_AT)
  const intact = checksum(bytes.subarray(ATTRIBUTES_AT)) === bytes.readUInt32BE(CHECKSUM_AT)
  return {
    firstOffset,
    // The checksum covers the last offset but not the first. A damaged one must not reach into the batches behind it.
    lastOffset: intact ? lastOffset : Math.max(firstOffset, Math.min(lastOffset, nextOffset - 1, highWatermark - 1)),
    count: bytes.readInt32BE(COUNT_AT),
    firstTimestamp: Number(bytes.readBigInt64BE(FIRST_TIMESTAMP_AT)),
    appendedAt: (attributes & LOG_APPEND_TIME) > 0 ? Number(bytes.readBigInt64BE(MAX_TIMESTAMP_AT)) : undefined,
    content: intact ? ((attributes & CONTROL) > 0 ? 'control' : 'records') : new BatchFault('batch_checksum'),
    codec: attributes & CODEC_MASK,
    producerId: bytes.readBigInt64BE(PRODUCER_ID_AT),
    transactional: (attributes & TRANSACTIONAL) > 0,
    bytes,
    records: bytes.subarray(RECORDS_AT),
  }
}

/** A batch without a header of the known format. Its offset stands where a batch has it. */
function unreadable(bytes: Buffer, reason: 'batch_format' | 'batch_checksum'): RecordBatch {
  const offset = Number(bytes.readBigInt64BE(0))
  return {
    firstOffset: offset,
    lastOffset: offset,
    count: 1,
    firstTimestamp: -1,
    appendedAt: undefined,
    content: new BatchFault(reason),
    codec: 0,
    producerId: -1n,
    transactional: false,
    bytes,
    records: bytes.subarray(bytes.length),
  }
}
