import type { ByteSemaphore } from '../memory/byte_semaphore.js'
import type { Segments } from '../memory/segments.js'
import type { CommittedOffset } from './committed_offset.js'
import type { ProtocolContext } from './protocol.js'
import type { Limits } from './range/range_builder_context.js'
import type { Start } from './reconcile.js'
import type { PartitionOffsets } from './topic_offsets.js'

/** What Kafka knows of a partition when its worker starts. */
export interface Location extends PartitionOffsets {
  readonly topicId: string
  readonly committed: CommittedOffset
}

/** Controls what the consumer fetches of the partition. */
export interface Fetching {
  /** @throws {FencedError} when the partition is lost */
  pause(): void
  /** Fetches from `offset` on, also after a pause. @throws {FencedError} when the partition is lost */
  from(offset: number): void
}

/** What a partition worker needs. */
export interface PartitionContext extends Omit<ProtocolContext, 'origin' | 'signal' | 'sentLetters'> {
  readonly topic: string
  readonly partition: number
  readonly limits: Limits
  readonly bytesInFlight: ByteSemaphore
  readonly segments: Segments
  readonly fetching: Fetching
  /** Reads from Kafka the topic's id, what the group has committed, and what Kafka holds. */
  readonly locate: () => Promise<Location>
  /** Reads from ClickHouse what is stored, and decides where to start. */
  readonly reconcile: (topicId: string, committed: CommittedOffset) => Promise<Start>
  /** Resolves when an earlier worker of the same partition has nothing in flight. */
  readonly predecessor: Promise<void>
  /** The longest pause before a halted partition starts again, in milliseconds. */
  readonly haltedRetryMs: number
}
