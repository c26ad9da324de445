/** What the group has committed for a partition. */
export interface CommittedOffset {
  /**
   * The first offset that is not known to be stored; undefined when nothing is committed, or the commit has expired.
   */
  readonly offset: number | undefined
  readonly metadata: string | null
}

/** What ingest writes into the metadata of a committed offset. */
export interface CommitMetadata {
  /** The incarnation of the topic that the offset belongs to. */
  readonly topicId: string
  /**
   * Last offset of the range that begins at the committed offset and may be stored in part; absent when there is none.
   */
  readonly pending?: number
}

const VERSION = 1

/** Short JSON, so that people can read it with Kafka's own tools. */
export function encodeCommitMetadata({ topicId, pending }: CommitMetadata): string {
  return JSON.stringify({ v: VERSION, topic_id: topicId, ...(pending === undefined ? {} : { pending }) })
}

/** Returns undefined for metadata that ingest did not write, as after an operator's reset of the offsets. */
export function decodeCommitMetadata(metadata: string | null | undefined): CommitMetadata | undefined {
  if (metadata === null || metadata === undefined || metadata === '') return undefined
  try {
    const { v, topic_id, pending } = JSON.parse(metadata) as { v?: unknown; topic_id?: unknown; pending?: unknown }
    if (v !== VERSION || typeof topic_id !== 'string') return undefined
    if (pending === undefined) return { topicId: topic_id }
    return Number.isSafeInteger(pending) ? { topicId: topic_id, pending: pending as number } : undefined
  } catch {
    return undefined
  }
}
