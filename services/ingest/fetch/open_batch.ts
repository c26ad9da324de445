import { BatchFault } from './batch_fault.js'
import { codecs, MAX_BATCH_BYTES } from './codecs/index.js'
import type { RecordBatch } from './record_batch.js'
import { RecordReader } from './record_reader.js'

/**
 * The memory that `openBatch` will allocate, in bytes, by what the batch declares: 0 if the batch is not compressed or
 * can't be read.
 */
export function uncompressedBytes({ content, codec, records }: RecordBatch): number {
  if (content !== 'records') return 0
  try {
    return Math.min(codecs.get(codec)?.declaredBytes(records) ?? 0, MAX_BATCH_BYTES)
  } catch {
    return 0
  }
}

/**
 * Uncompresses a batch and checks that its records are what the header says, all before the first one is used. The
 * result depends only on the bytes of the batch.
 *
 * @throws {BatchFault} when the batch can't be read
 */
export async function openBatch(batch: RecordBatch): Promise<RecordReader> {
  if (batch.content instanceof BatchFault) throw batch.content
  if (batch.codec === 0 || batch.records.length === 0) return checked(batch, batch.records)
  const codec = codecs.get(batch.codec)
  if (codec === undefined) throw new BatchFault('batch_codec')
  let records: Buffer
  try {
    records = await codec.uncompress(batch.records)
  } catch (error) {
    // Other errors are the library's, and may quote the records.
    throw error instanceof BatchFault ? error : new BatchFault('batch_compression')
  }
  if (records.length > MAX_BATCH_BYTES) throw new BatchFault('batch_too_large')
  return checked(batch, records)
}

function checked(batch: RecordBatch, records: Buffer): RecordReader {
  const reader = new RecordReader(batch, records)
  let previous = batch.firstOffset - 1
  try {
    while (reader.next()) {
      if (reader.offset <= previous || reader.offset > batch.lastOffset) throw new BatchFault('batch_records')
      previous = reader.offset
    }
  } catch {
    throw new BatchFault('batch_records')
  }
  if (reader.end !== records.length) throw new BatchFault('batch_records')
  return new RecordReader(batch, records)
}
