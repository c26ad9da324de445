import { createRequire } from 'node:module'
import kafkajs, { type Batch as KafkajsBatch, type KafkaMessage } from 'kafkajs'
import type { ResponseBuffers } from '../memory/response_buffers.js'
import { type RecordBatch, recordBatches } from './record_batch.js'
import { RecordReader } from './record_reader.js'

/** A record batch in the place of a message, as kafkajs passes it on. */
interface BatchAsMessage {
  /** The last offset of the batch: it is over when that is. */
  readonly offset: string
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean }
  /** Of a control batch, whose key says how the transaction ended. */
  readonly key: Buffer | null
  readonly recordBatch: RecordBatch
  /** The part of the response that the batch came in. */
  readonly response: Buffer
}

/** What kafkajs knows of a fetch beside what its types tell. */
interface Fetched {
  readonly fetchedOffset: string
}

/** The part of kafkajs's reader of responses that is used. */
interface Decoder {
  readInt32(): number
  canReadBytes(bytes: number): boolean
  readBytes(bytes: number): Buffer
}

const DECODER = 'kafkajs/src/protocol/requests/fetch/v4/decodeMessages.js'

/**
 * Has every consumer of this process read whole record batches, in the place of messages. kafkajs makes several objects for each record, a
 * 64-bit number as text among them, which took more time than all the rest of this service's main thread; it has no setting for it, so its
 * decoder is replaced (docs/decisions/0006). To be called before the first fetch. The response that a partition's batches came in is held in
 * `responses`: see `responseOf`.
 *
 * @throws {Error} when the kafkajs that is installed is not laid out as the one that this was written for
 */
export function readWholeBatches(responses: ResponseBuffers): void {
  const require = createRequire(import.meta.url)
  const original: unknown = require(DECODER)
  const module = require.cache[require.resolve(DECODER)]
  if (typeof original !== 'function' || module === undefined) {
    throw new Error(`${DECODER} is not what it was in kafkajs 2.2.4: see services/ingest/fetch.`)
  }
  module.exports = (decoder: Decoder) => decodeBatches(decoder, responses)
}

/** In the place of kafkajs's `decodeMessages`: the batches of one partition in a fetch response. */
export async function decodeBatches(decoder: Decoder, responses: ResponseBuffers): Promise<BatchAsMessage[]> {
  const size = decoder.readInt32()
  if (size <= 0 || !decoder.canReadBytes(size)) return []
  const response = decoder.readBytes(size)
  const batches = await recordBatches(response, (codec, compressed) => codecOf(codec).decompress(compressed))
  if (batches.length > 0) responses.hold(response)
  return batches.map((recordBatch) => ({
    offset: String(recordBatch.lastOffset),
    batchContext: { producerId: recordBatch.producerId, inTransaction: recordBatch.transactional },
    key: recordBatch.control ? controlKey(recordBatch) : null,
    recordBatch,
    response,
  }))
}

/** The record batches of a fetch that `readWholeBatches` has given kafkajs; those of aborted transactions are not among them. */
export function batchesOf({ messages }: Pick<KafkajsBatch, 'messages'>): readonly RecordBatch[] {
  return (messages as readonly (KafkaMessage | BatchAsMessage)[]).map(
    (message) => (message as BatchAsMessage).recordBatch,
  )
}

/** The part of a response that a fetch of one partition came in: to be released when its records are not needed any more. */
export function responseOf({ messages: [first] }: Pick<KafkajsBatch, 'messages'>): Buffer | undefined {
  return (first as KafkaMessage | BatchAsMessage | undefined as BatchAsMessage | undefined)?.response
}

/** The first offset of a fetch that was asked for: its first batch may begin before it. */
export function firstOffsetOf(batch: KafkajsBatch): number {
  const { fetchedOffset } = batch as unknown as Fetched
  const [first] = batchesOf(batch)
  return Math.max(Number(fetchedOffset), first?.firstOffset ?? 0)
}

function controlKey(batch: RecordBatch): Buffer | null {
  const reader = new RecordReader(batch)
  if (!reader.next() || reader.keyLength < 0) return null
  return reader.bytes.subarray(reader.keyStart, reader.keyStart + reader.keyLength)
}

interface Codec {
  decompress(compressed: Buffer): Promise<Buffer>
}

/** @throws what kafkajs throws for a codec that nobody has given it */
function codecOf(codec: number): Codec {
  return (kafkajs.CompressionCodecs as Readonly<Record<number, () => Codec>>)[codec]?.() as Codec
}
