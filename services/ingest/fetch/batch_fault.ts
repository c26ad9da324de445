/**
 * Why a whole record batch can't be read, now or ever. The list is closed, because the codes are values of a dead
 * letter's header and of a metric's label. Each reason depends only on the bytes of the batch, so a replay decides the
 * same.
 */
export const batchReasons = {
  batch_checksum: 'The checksum of the record batch is wrong: it was damaged after its producer sent it.',
  batch_codec: 'The record batch is compressed with a codec that Kafka does not define.',
  batch_compression: 'The record batch can’t be uncompressed.',
  batch_too_large: 'The record batch is larger than the limit when it is uncompressed.',
  batch_records: 'The records of the batch are not what its header says.',
  batch_format: 'The messages are older than Kafka 0.11. To store them, copy them into a new topic.',
} as const

export type BatchReason = keyof typeof batchReasons

/** Thrown when a record batch can't be read. It never quotes the batch. */
export class BatchFault extends Error {
  override readonly name = 'BatchFault'
  readonly code = 'INGEST_BATCH_UNREADABLE'
  readonly retriable = false

  constructor(
    readonly reason: BatchReason,
    readonly detail: string = batchReasons[reason],
  ) {
    super(detail)
  }
}
