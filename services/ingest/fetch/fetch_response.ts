import { crc32c } from '@node-rs/crc32'
import type { ResponseBuffers } from '../memory/response_buffers.js'
import { type AbortedTransaction, markAborted } from './aborted_transactions.js'
import { type RecordBatch, recordBatches } from './record_batch.js'

/** A fetch response in the form that kafkajs's consumer expects. */
export interface FetchResponse {
  /** kafkajs sleeps for `clientSideThrottleTime`; the broker has not delayed the response itself (KIP-219). */
  readonly throttleTime: 0
  readonly clientSideThrottleTime: number
  readonly errorCode: number
  readonly sessionId: number
  readonly responses: readonly { readonly topicName: string; readonly partitions: readonly FetchedPartition[] }[]
}

export interface FetchedPartition {
  readonly partition: number
  readonly errorCode: number
  readonly highWatermark: string
  readonly lastStableOffset: string
  readonly lastStartOffset: string
  /** Always empty, so that kafkajs filters nothing: the batches of aborted transactions are already marked. */
  readonly abortedTransactions: readonly never[]
  readonly preferredReadReplica: number
  readonly messages: readonly BatchAsMessage[]
}

/** A record batch in place of a message. kafkajs passes it on without looking inside. */
export interface BatchAsMessage {
  /** The last offset of the batch: kafkajs fetches from the next one. */
  readonly offset: string
  readonly recordBatch: RecordBatch
  /** The partition's part of the response. */
  readonly response: Buffer
  /** The first offset that the partition still has. */
  readonly logStartOffset: number
}

/**
 * Decodes a fetch response of version 11, which Kafka speaks since 2.3. The memory of each partition with batches is
 * held in `responses` until its consumer releases it.
 *
 * @see Apache Kafka, "Protocol": Fetch Response (Version: 11)
 */
export function decodeFetchResponse(bytes: Buffer, responses: ResponseBuffers): FetchResponse {
  const reader = new ResponseReader(bytes)
  return {
    throttleTime: 0,
    clientSideThrottleTime: reader.int32(),
    errorCode: reader.int16(),
    sessionId: reader.int32(),
    responses: reader.array(() => ({
      topicName: reader.string(),
      partitions: reader.array(() => partitionOf(reader, responses)),
    })),
  }
}

function partitionOf(reader: ResponseReader, responses: ResponseBuffers): FetchedPartition {
  const [partition, errorCode] = [reader.int32(), reader.int16()]
  const [highWatermark, lastStableOffset, logStartOffset] = [reader.int64(), reader.int64(), reader.int64()]
  const aborted = reader.array(
    (): AbortedTransaction => ({ producerId: reader.int64(), firstOffset: Number(reader.int64()) }),
  )
  const preferredReadReplica = reader.int32()
  const response = reader.bytes()
  const batches = recordBatches(response, { checksum: crc32c, highWatermark: Number(highWatermark) })
  if (batches.length > 0) responses.hold(response)
  return {
    partition,
    errorCode,
    highWatermark: String(highWatermark),
    lastStableOffset: String(lastStableOffset),
    lastStartOffset: String(logStartOffset),
    abortedTransactions: [],
    preferredReadReplica,
    messages: markAborted(batches, aborted).map((recordBatch) => ({
      offset: String(recordBatch.lastOffset),
      recordBatch,
      response,
      logStartOffset: Number(logStartOffset),
    })),
  }
}

/** Reads the primitive types of Kafka's protocol, big-endian. */
class ResponseReader {
  #at = 0

  constructor(readonly response: Buffer) {}

  int16(): number {
    this.#at += 2
    return this.response.readInt16BE(this.#at - 2)
  }

  int32(): number {
    this.#at += 4
    return this.response.readInt32BE(this.#at - 4)
  }

  int64(): bigint {
    this.#at += 8
    return this.response.readBigInt64BE(this.#at - 8)
  }

  string(): string {
    return this.#take(this.int16()).toString('utf8')
  }

  /** A part of the response, not a copy. */
  bytes(): Buffer {
    return this.#take(this.int32())
  }

  /** An array that may be null, which reads as empty. */
  array<T>(element: () => T): T[] {
    return Array.from({ length: Math.max(0, this.int32()) }, element)
  }

  #take(length: number): Buffer {
    const start = this.#at
    this.#at += Math.max(0, length)
    if (this.#at > this.response.length) throw new RangeError('Kafka sent a fetch response that is cut off.')
    return this.response.subarray(start, this.#at)
  }
}
