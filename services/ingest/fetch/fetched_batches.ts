import type { Batch as KafkajsBatch, KafkaMessage } from 'kafkajs'
import type { BatchAsMessage } from './fetch_response.js'
import type { RecordBatch } from './record_batch.js'

/** A fetch of one partition as kafkajs hands it over: its messages are record batches. */
type Fetched = Pick<KafkajsBatch, 'messages'>

/** What kafkajs knows about a fetch beside its types. */
interface WithFetchedOffset {
  readonly fetchedOffset: string
}

/** The record batches of a fetch, including control batches, aborted ones and unreadable ones. */
export function batchesOf(fetched: Fetched): readonly RecordBatch[] {
  return messagesOf(fetched).map(({ recordBatch }) => recordBatch)
}

/** The response that a fetch of one partition came in: release it when its records were copied. */
export function responseOf(fetched: Fetched): Buffer | undefined {
  return messagesOf(fetched)[0]?.response
}

/** The first offset that the partition still had at the fetch. Earlier records were deleted. */
export function logStartOffsetOf(fetched: Fetched): number {
  return messagesOf(fetched)[0]?.logStartOffset ?? 0
}

/** The offset that kafkajs asked for. */
export function requestedOffsetOf(batch: KafkajsBatch): number {
  return Number((batch as unknown as WithFetchedOffset).fetchedOffset)
}

/** The first offset that was requested: the first batch may begin before it. */
export function firstOffsetOf(batch: KafkajsBatch): number {
  const { fetchedOffset } = batch as unknown as WithFetchedOffset
  return Math.max(Number(fetchedOffset), batchesOf(batch)[0]?.firstOffset ?? 0)
}

function messagesOf({ messages }: Fetched): readonly BatchAsMessage[] {
  return messages as readonly (KafkaMessage | BatchAsMessage)[] as readonly BatchAsMessage[]
}
