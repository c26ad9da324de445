import { backOff } from '../backoff.js'
import type { PartitionEvents, Step } from '../events.js'
import { blockMissing, clickHouseFailure, type Failure, isFenced, kafkaFailure } from '../failures.js'
import type { BlockSummary } from '../store/messages.js'
import { type RangeTask, type Store, StoreError } from '../store/store.js'
import { encodePosition } from './committed_offset.js'
import type { DeadLetters, Origin } from './dead_letters.js'
import type { Marks } from './marks.js'
import { deduplicationToken, type Range } from './range.js'

/** Thrown when this worker has lost the partition: what it was about to do is another's now. */
export class FencedError extends Error {
  override readonly name = 'FencedError'
  readonly code = 'INGEST_FENCED'
  readonly retriable = false
}

/** Thrown when trying again would not help: the partition halts where it is, and nothing is skipped. */
export class HaltedError extends Error {
  override readonly name = 'HaltedError'
  readonly retriable = false

  constructor(readonly code: string) {
    super(`The partition is halted (${code}); see docs/errors.md.`)
  }
}

/** What the protocol needs of the world, for one partition in one epoch. */
export interface ProtocolContext {
  readonly stream: string
  readonly origin: Origin
  readonly store: Store
  readonly deadLetters: DeadLetters
  readonly marks: Marks
  readonly events: PartitionEvents
  /** Whether the partition is still this worker's. */
  readonly held: () => boolean
  /** Aborts when it is not, so that no wait outlasts it. */
  readonly signal: AbortSignal
  readonly commit: (offset: number, metadata: string) => Promise<void>
  /** Asks ClickHouse whether the record at an offset is stored. */
  readonly isStored: (topicId: string, offset: number) => Promise<boolean>
  /** How old the fence may be when an insert is sent, in milliseconds. */
  readonly maxFenceAgeMs: number
  /** Milliseconds since the epoch, which the time that a suspended machine sleeps counts in. */
  readonly now: () => number
}

/**
 * Stores one range exactly once. The steps and what each guarantees:
 *
 * 1. The range is fixed: its first and last offsets do not change any more, whoever stores it.
 * 2. The range is committed as *pending* at its first offset. This is also the commit of the range before. The broker refuses it from a
 *    worker that has lost the partition, which then inserts nothing; and it tells a successor which range to store, exactly.
 * 3. The records become columns. What cannot be stored, by a rule that depends on the record alone, is kept as dead letters.
 * 4. Each day is one insert, which is one atomic block, under a token made of the range: ClickHouse takes it once. Where an earlier insert
 *    of the block may have been made, it is looked for: tokens are forgotten, and may outlive their block.
 * 5. The mark says that the range is visible, whole. The next range's step 2, or a stop, commits it.
 *
 * @param begunBefore whether the range may have been stored in part, or in whole, by somebody else
 * @throws {FencedError} when the partition was lost on the way
 * @throws {HaltedError} when a step failed for good
 */
export async function storeRange(range: Range, context: ProtocolContext, begunBefore: boolean): Promise<void> {
  const { stream, origin, store, deadLetters, marks, events } = context
  // 1. The store takes the range's memory; what is needed of it afterwards is read before.
  const { first, last, count } = range
  const newest = range.timestamps.at(-1) ?? 0
  const started = context.now()

  const task = store.hold({ stream, topicId: origin.topicId, partition: origin.partition, range })
  try {
    const fence = { first, last, passedAt: await commitPending({ first, last }, context) } // 2.
    const { days, poison } = await persist('transcode', context, storeFailure, () => task.transcode()) // 3.
    await persist('dead_letters', context, kafkaFailure, () => deadLetters.send(origin, poison))
    events.poisoned(poison)

    for (const day of days) await insertDay(task, day, fence, context, begunBefore) // 4.
  } finally {
    task.discard()
  }

  await persist('mark', context, clickHouseFailure, () => marks.write({ stream, ...origin, next: last + 1 })) // 5.
  events.stored({ first, last, count }, newest, context.now() - started)
}

/** Step 2; returns when the fence was passed. */
async function commitPending(
  { first, last }: Pick<Range, 'first' | 'last'>,
  context: ProtocolContext,
): Promise<number> {
  const metadata = encodePosition({ topicId: context.origin.topicId, pending: last })
  let passed = context.now()
  await persist('commit', context, kafkaFailure, async () => {
    passed = context.now()
    await commitHeld(first, metadata, context)
  })
  return passed
}

/** Commits, unless the partition is no longer this worker's, by its own knowledge or the broker's. */
export async function commitHeld(
  offset: number,
  metadata: string,
  { held, commit }: Pick<ProtocolContext, 'held' | 'commit'>,
): Promise<void> {
  if (!held()) throw new FencedError('The partition was assigned anew.')
  try {
    await commit(offset, metadata)
  } catch (error) {
    if (isFenced(error)) throw new FencedError('The broker refused the commit: the group has moved on.')
    throw error
  }
  if (!held()) throw new FencedError('The partition was assigned anew.')
}

/** What step 2 has passed, for which range, and when. */
interface PassedFence extends Pick<Range, 'first' | 'last'> {
  passedAt: number
}

/**
 * Step 4 for one day. Its token alone would not do where an earlier insert of the block may have been made: ClickHouse may have forgotten
 * the token since, and the block would be doubled; or it knows the token and has not the block, because it was killed between noting the one
 * and keeping the other, and the block would be lost. So such a block is looked for before it is sent again, and again when ClickHouse says
 * that it has it. One that is missing then is sent under the next of the range's tokens, which are the same for every worker.
 */
async function insertDay(
  task: RangeTask,
  { day, firstOffset, rows, bytes }: BlockSummary,
  fence: PassedFence,
  context: ProtocolContext,
  begunBefore: boolean,
): Promise<void> {
  const { origin, events, now, maxFenceAgeMs } = context
  // A block is stored whole or not at all: any of its records stands for it.
  const isStored = () => context.isStored(origin.topicId, firstOffset)
  let doubtful = begunBefore
  let turn = 0

  await persist('insert', context, insertFailure, async () => {
    const lookedFor = doubtful
    if (lookedFor && (await isStored())) return
    doubtful = true
    // A worker that was suspended may wake long after its partition has moved on: it asks the broker again before it inserts. If it is
    // suspended from here on, the store does not complete the insert.
    if (now() - fence.passedAt > maxFenceAgeMs) fence.passedAt = await commitPending(fence, context)
    const asked = now()
    const token = deduplicationToken(origin.topicId, origin.partition, fence, day, turn)
    await task.insert(day, token, fence.passedAt + maxFenceAgeMs)
    if (lookedFor && !(await isStored())) {
      turn++
      throw new StoreError(blockMissing)
    }
    events.inserted(rows, bytes, now() - asked)
  })
}

/** A step of the store's, or a look at what ClickHouse has. */
function insertFailure(error: unknown): Failure {
  return error instanceof StoreError ? error.failure : clickHouseFailure(error)
}

function storeFailure(error: unknown): Failure {
  return error instanceof StoreError ? error.failure : { code: 'INGEST_STORE_FAILED', retriable: false }
}

/** Does a step until it is done: what may heal is tried again for as long as it takes, what may not halts, and a lost partition ends it. */
export async function persist<T>(
  step: Step,
  { events, held, signal }: Pick<ProtocolContext, 'events' | 'held' | 'signal'>,
  failureOf: (error: unknown) => Failure,
  action: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    if (!held()) throw new FencedError('The partition was assigned anew.')
    try {
      const value = await action()
      if (attempt > 1) events.recovered(step, attempt)
      return value
    } catch (error) {
      if (error instanceof FencedError || error instanceof HaltedError) throw error
      const failure = failureOf(error)
      if (!failure.retriable) throw new HaltedError(failure.code)
      events.failed(step, failure.code, attempt)
      await backOff(attempt, signal)
    }
  }
}
