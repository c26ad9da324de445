import type { PartitionEvents } from '../events.js'
import { blockMissing, clickHouseFailure, type Failure, isFenced, kafkaFailure } from '../failures.js'
import type { BlockSummary, DeadLetter } from '../store/messages.js'
import { type RangeTask, type Store, StoreError } from '../store/store.js'
import { encodeCommitMetadata } from './committed_offset.js'
import type { DeadLetters, Origin } from './dead_letters.js'
import type { Marks } from './marks.js'
import { deduplicationToken, type Range } from './range/range.js'
import { FencedError, type RetryContext, retryUntilDone } from './retry.js'
import type { SentLetters } from './sent_letters.js'

/** What the protocol needs for one partition in one epoch. */
export interface ProtocolContext extends RetryContext {
  readonly stream: string
  readonly origin: Origin
  readonly store: Store
  readonly events: PartitionEvents
  readonly deadLetters: DeadLetters
  readonly sentLetters: SentLetters
  readonly marks: Marks
  readonly commit: (offset: number, metadata: string) => Promise<void>
  /** Returns whether ClickHouse holds the record at an offset. */
  readonly isStored: (topicId: string, offset: number) => Promise<boolean>
  /** How old the pending commit may be when an insert is sent, in milliseconds. */
  readonly maxCommitAgeMs: number
  /** Milliseconds since the Unix epoch; the time that a suspended machine sleeps counts. */
  readonly now: () => number
}

/**
 * Stores one range exactly once. The steps and what each guarantees:
 *
 * 1. The range is fixed: its first and last offsets never change again, whichever worker stores it.
 * 2. The range is committed as *pending* at its first offset. This also commits the range before it. The broker rejects
 *    the commit of a worker that has lost the partition, which then inserts nothing. A successor reads from it exactly
 *    which range to store.
 * 3. The records become columns. Records that can't be stored, by a rule that depends on the record alone, become dead
 *    letters.
 * 4. Each day is one insert of one atomic block, under a token derived from the range, so ClickHouse takes it once. If
 *    an earlier insert of the block may have been sent, we first look for the block: ClickHouse forgets tokens, and a
 *    token can outlive its block.
 * 5. The mark says that the whole range is visible. The next range's step 2, or a stop, commits it.
 *
 * @param begunBefore whether an earlier attempt may have stored some or all of the range
 * @throws {FencedError} when the partition was lost on the way
 * @throws {HaltedError} when a step failed for good
 */
export async function storeRange(range: Range, context: ProtocolContext, begunBefore: boolean): Promise<void> {
  const { stream, origin, store, marks, events } = context
  // 1. The store takes the range's memory, so we read what we need afterwards now.
  const { first, last, count } = range
  const newest = range.timestamps.at(-1) ?? 0
  const started = context.now()

  const task = store.hold({ stream, topicId: origin.topicId, partition: origin.partition, range })
  try {
    const pending = { first, last, committedAt: await commitPending({ first, last }, context) } // 2.
    const transcode = () => task.transcode()
    const { days, poison, secrets } = await retryUntilDone('transcode', context, storeFailure, transcode) // 3.
    events.secretsFound(secrets)
    await sendLetters([...range.deadLetters, ...poison], pending, context)

    for (const day of days) await insertDay(task, day, pending, context, begunBefore) // 4.
  } finally {
    task.discard()
  }

  // 5.
  await retryUntilDone('mark', context, clickHouseFailure, () => marks.write({ stream, ...origin, next: last + 1 }))
  events.stored({ first, last, count }, newest, context.now() - started)
}

/** Sends the dead letters of a range that an earlier attempt of this worker has not sent. */
async function sendLetters(
  letters: readonly DeadLetter[],
  range: Pick<Range, 'first' | 'last'>,
  context: ProtocolContext,
): Promise<void> {
  const { origin, deadLetters, sentLetters, events } = context
  const before = sentLetters.count(origin, range)
  let sent = before
  try {
    while (sent < letters.length) {
      const from = sent
      const send = () => deadLetters.sendFrom(origin, letters, from)
      sent += await retryUntilDone('dead_letters', context, kafkaFailure, send)
      sentLetters.note(origin, range, sent)
    }
  } finally {
    events.deadLettered(letters.slice(before, sent))
  }
}

/** Step 2; returns the time at which the commit was sent. */
async function commitPending(
  { first, last }: Pick<Range, 'first' | 'last'>,
  context: ProtocolContext,
): Promise<number> {
  const metadata = encodeCommitMetadata({ topicId: context.origin.topicId, pending: last })
  let committedAt = context.now()
  await retryUntilDone('commit', context, kafkaFailure, async () => {
    committedAt = context.now()
    await commitHeld(first, metadata, context)
  })
  return committedAt
}

/**
 * Commits.
 *
 * @throws {FencedError} when the partition no longer belongs to this worker, as it knows itself or as the broker
 * answers
 */
export async function commitHeld(
  offset: number,
  metadata: string,
  { held, commit }: Pick<ProtocolContext, 'held' | 'commit'>,
): Promise<void> {
  if (!held()) throw new FencedError('The partition was reassigned.')
  try {
    await commit(offset, metadata)
  } catch (error) {
    if (isFenced(error)) throw new FencedError('The broker rejected the commit: the group has a newer generation.')
    throw error
  }
  if (!held()) throw new FencedError('The partition was reassigned.')
}

/** The range that step 2 committed as pending, and when. */
interface PendingCommit extends Pick<Range, 'first' | 'last'> {
  committedAt: number
}

/**
 * Step 4 for one day. When an earlier insert of the block may have been sent, the token alone is not enough. ClickHouse
 * may have forgotten the token, and would store the block twice. Or it knows the token but lost the block, because it
 * was killed between recording the one and keeping the other, and would drop the block. So we look for such a block
 * before sending it again, and once more after ClickHouse says that it has it. If it is missing then, we send it under
 * the range's next token. All workers use the same sequence of tokens.
 */
async function insertDay(
  task: RangeTask,
  { day, firstOffset, rows, bytes }: BlockSummary,
  pending: PendingCommit,
  context: ProtocolContext,
  begunBefore: boolean,
): Promise<void> {
  const { origin, events, now, maxCommitAgeMs } = context
  // A block is stored whole or not at all, so one of its records stands for all.
  const isStored = () => context.isStored(origin.topicId, firstOffset)
  let mayBeStored = begunBefore
  let attempt = 0

  await retryUntilDone('insert', context, insertFailure, async () => {
    const lookedFor = mayBeStored
    if (lookedFor && (await isStored())) return
    mayBeStored = true
    // A suspended worker may wake long after its partition has moved, so it commits again before it inserts. If it is
    // suspended after this line, the store does not complete the insert.
    if (now() - pending.committedAt > maxCommitAgeMs) pending.committedAt = await commitPending(pending, context)
    const sentAt = now()
    const token = deduplicationToken(origin.topicId, origin.partition, pending, day, attempt)
    await task.insert(day, token, pending.committedAt + maxCommitAgeMs)
    if (lookedFor && !(await isStored())) {
      attempt++
      throw new StoreError(blockMissing)
    }
    events.inserted(rows, bytes, now() - sentAt)
  })
}

/** The failure of an insert by the store, or of a query for what ClickHouse holds. */
function insertFailure(error: unknown): Failure {
  return error instanceof StoreError ? error.failure : clickHouseFailure(error)
}

function storeFailure(error: unknown): Failure {
  return error instanceof StoreError ? error.failure : { code: 'INGEST_STORE_FAILED', retriable: false }
}
