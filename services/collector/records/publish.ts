import { setImmediate as nextTurn } from 'node:timers/promises'
import timeout from 'p-timeout'
import type { RecordOf, Stream } from '../../../schemas/streams/index.js'
import { type Emitter, type Fault, InvalidRecordError, RecordRejectedError } from '../../emitter/index.js'
import { NotAcknowledgedError } from '../webhooks/delivery.js'
import type { ReadRecord } from './read_record.js'

/** What became of a record: Kafka has it under this id, or it is refused. */
export type Result = { readonly eventId: string } | { readonly faults: readonly Fault[] }

export interface PublishOptions {
  readonly emitter: Pick<Emitter<Stream>, 'publish'>
  /** Why the caller may not write the record; empty if it may. */
  readonly check: (record: unknown) => readonly Fault[]
  /** How long to wait for Kafka, in milliseconds. */
  readonly timeoutMs: number
}

/** Encoding so many records takes a few milliseconds; then other requests have their turn. */
const TURN = 200

/**
 * Publishes the records that can be stored, and resolves when Kafka has acknowledged all of them.
 *
 * @throws {NotAcknowledgedError} when that takes longer than `timeoutMs`
 * @throws what the emitter throws, other than for a faulty record
 */
export async function publishRecords(
  records: readonly ReadRecord[],
  { emitter, check, timeoutMs }: PublishOptions,
): Promise<readonly Result[]> {
  const failures: unknown[] = []

  /** Never rejects: the promises are awaited only when all have been started. */
  async function publishOne(read: ReadRecord): Promise<Result> {
    if ('faults' in read) return read
    const faults = check(read.record)
    if (faults.length > 0) return { faults }
    try {
      return await emitter.publish(read.record as RecordOf<Stream>)
    } catch (error) {
      if (error instanceof InvalidRecordError) return { faults: error.faults }
      if (error instanceof RecordRejectedError) {
        return { faults: [{ field: '', message: `is refused by Kafka (${error.kafkaError})` }] }
      }
      failures.push(error)
      return { faults: [] }
    }
  }

  async function publishAll(): Promise<readonly Result[]> {
    const results: Promise<Result>[] = []
    for (const record of records) {
      // The caller sends all of them again, so there is no point in more.
      if (failures.length > 0) break
      results.push(publishOne(record))
      if (results.length % TURN === 0) await nextTurn()
    }
    const settled = await Promise.all(results)
    if (failures.length > 0) throw failures[0]
    return settled
  }

  return timeout(publishAll(), { milliseconds: timeoutMs, message: new NotAcknowledgedError(timeoutMs) })
}
