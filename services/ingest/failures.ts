import { ClickHouseError } from '@clickhouse/client'
import { MessageTooLargeError } from '../runtime/batch_sender.js'

/**
 * Why a step failed. `code` comes from a bounded set, so that it can be a metric's label; it holds no text from a
 * server.
 */
export interface Failure {
  readonly code: string
  /** Whether a retry may help. If not, the partition halts; it never skips a record. */
  readonly retriable: boolean
}

/**
 * ClickHouse's errors that pass by themselves or by an operator's hand, by number. Every other one is final: it says
 * that this worker and this database do not fit each other, and trying again would say it again.
 */
export const RETRIABLE_CLICKHOUSE_CODES: ReadonlyMap<string, string> = new Map([
  ['3', 'UNEXPECTED_END_OF_FILE'],
  ['60', 'UNKNOWN_TABLE'],
  ['81', 'UNKNOWN_DATABASE'],
  ['159', 'TIMEOUT_EXCEEDED'],
  ['164', 'READONLY'],
  ['173', 'CANNOT_ALLOCATE_MEMORY'],
  ['198', 'DNS_ERROR'],
  ['201', 'QUOTA_EXCEEDED'],
  ['202', 'TOO_MANY_SIMULTANEOUS_QUERIES'],
  ['203', 'NO_FREE_CONNECTION'],
  ['209', 'SOCKET_TIMEOUT'],
  ['210', 'NETWORK_ERROR'],
  ['236', 'ABORTED'],
  ['241', 'MEMORY_LIMIT_EXCEEDED'],
  ['242', 'TABLE_IS_READ_ONLY'],
  ['243', 'NOT_ENOUGH_SPACE'],
  ['252', 'TOO_MANY_PARTS'],
  ['319', 'UNKNOWN_STATUS_OF_INSERT'],
  ['394', 'QUERY_WAS_CANCELLED'],
  ['425', 'SYSTEM_ERROR'],
  ['473', 'DEADLOCK_AVOIDED'],
  ['516', 'AUTHENTICATION_FAILED'],
  ['999', 'KEEPER_EXCEPTION'],
])

/**
 * What an error of `@clickhouse/client` means. An error that is no response of ClickHouse is a connection error, which
 * may recover.
 */
export function clickHouseFailure(error: unknown): Failure {
  if (error instanceof ClickHouseError) {
    const name = RETRIABLE_CLICKHOUSE_CODES.get(error.code)
    return { code: `CLICKHOUSE_${name ?? error.type ?? error.code}`, retriable: name !== undefined }
  }
  return { code: 'CLICKHOUSE_UNREACHABLE', retriable: true }
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

/** The schema registry cannot be reached. A registry's 404 is no failure but an answer. */
export const registryFailure: Failure = { code: 'REGISTRY_UNREACHABLE', retriable: true }
