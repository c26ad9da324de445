/**
 * What stands in the metadata of a partition's committed offset. The offset is the first one not known to be stored; where a range was
 * begun there, `pending` is its last offset.
 */
export interface Position {
  /** The incarnation of the topic that the offset belongs to. */
  readonly topicId: string
  /** Last offset of the range that was begun; absent when nothing was. */
  readonly pending?: number
}

const VERSION = 1

/** A position as commit metadata: short JSON, for people who look with Kafka's own tools. */
export function encodePosition({ topicId, pending }: Position): string {
  return JSON.stringify({ v: VERSION, topic_id: topicId, ...(pending === undefined ? {} : { pending }) })
}

/** A position from commit metadata; undefined for text that is not ours, as after an operator's reset of the offsets. */
export function decodePosition(metadata: string | null | undefined): Position | undefined {
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
