import type { RecordBatch } from './record_batch.js'

/** A transaction that was aborted, as a fetch response lists it. */
export interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: number
}

/**
 * Marks the batches of aborted transactions. A transaction begins at its first offset and ends with the next control
 * batch of its producer. Several may overlap, and may have begun before the fetch.
 *
 * kafkajs's own filter starts at most one transaction a batch, so it returns records of the second of two transactions
 * that began before the fetch.
 *
 * @see Apache Kafka's own consumer, `CompletedFetch.nextFetchedRecord`
 */
export function markAborted(
  batches: readonly RecordBatch[],
  transactions: readonly AbortedTransaction[],
): readonly RecordBatch[] {
  if (transactions.length === 0) return batches
  const upcoming = [...transactions].sort((one, other) => one.firstOffset - other.firstOffset)
  const aborting = new Set<bigint>()
  return batches.map((batch) => {
    const { producerId, lastOffset, transactional, content } = batch
    while (upcoming[0] !== undefined && upcoming[0].firstOffset <= lastOffset) {
      aborting.add((upcoming.shift() as AbortedTransaction).producerId)
    }
    if (content === 'control') aborting.delete(producerId)
    const aborted = content === 'records' && transactional && aborting.has(producerId)
    return aborted ? { ...batch, content: 'aborted' } : batch
  })
}
