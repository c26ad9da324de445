import { ClickHouseError } from '@clickhouse/client'
import { clickHouseErrorKind, clickHouseErrorName } from '../runtime/clickhouse_errors.js'
import { MessageTooLargeError } from '../runtime/kafka/batch_sender.js'

/**
 * Why a step failed. `code` comes from a bounded set, so that it can be a metric's label; it holds no text from a
 * server.
 */
export interface Failure {
  readonly code: string
  /** Whether a retry may help. If not, the partition halts; it never skips a record. */
  readonly retriable: boolean
  /**
   * Set when ClickHouse's error is on no list. It may pass, or be final: the partition halts, and is retried sooner
   * than after a final one.
   */
  readonly unknown?: boolean
}

/** What an error of `@clickhouse/client` means. An error that is no response of ClickHouse is a connection error. */
export function clickHouseFailure(error: unknown): Failure {
  if (!(error instanceof ClickHouseError)) return { code: 'CLICKHOUSE_UNREACHABLE', retriable: true }
  const name = clickHouseErrorName(error)
  const code = `CLICKHOUSE_${name}`
  switch (clickHouseErrorKind(name)) {
    case 'passing':
      return { code, retriable: true }
    case 'final':
      return { code, retriable: false }
    case 'unknown':
      return { code, retriable: false, unknown: true }
  }
}

/** Kafka's errors for a worker that no longer has the partition. */
const FENCED = new Set(['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'REBALANCE_IN_PROGRESS', 'FENCED_INSTANCE_ID'])

/** Whether a commit was rejected because the group has a newer generation. */
export function isFenced(error: unknown): boolean {
  return FENCED.has(String((error as { type?: unknown }).type))
}

/** Whether the broker says that the worker is no member of its group. */
export function isUnknownMember(error: unknown): boolean {
  return (error as { type?: unknown }).type === 'UNKNOWN_MEMBER_ID'
}

/**
 * What an error of kafkajs means. Each one recovers by itself or with an operator's help, and a retry loses nothing.
 */
export function kafkaFailure(error: unknown): Failure {
  const { type, name } = error as { type?: unknown; name?: unknown }
  return { code: `KAFKA_${String(type ?? name ?? 'ERROR')}`, retriable: !(error instanceof MessageTooLargeError) }
}

/**
 * ClickHouse says that it already has a block, but does not: it was killed between recording the token and keeping the
 * block.
 */
export const blockMissing: Failure = { code: 'INGEST_BLOCK_MISSING', retriable: true }

/**
 * An insert was not sent to its end, because its pending commit had become too old to prove that the partition is still
 * this worker's.
 */
export const insertLate: Failure = { code: 'INGEST_INSERT_LATE', retriable: true }
