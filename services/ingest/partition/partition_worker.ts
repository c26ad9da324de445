import { clickHouseFailure, kafkaFailure } from '../failures.js'
import type { RecordBatch } from '../fetch/record_batch.js'
import type { ByteSemaphore } from '../memory/byte_semaphore.js'
import type { Segments } from '../memory/segments.js'
import { type CommittedOffset, encodeCommitMetadata } from './committed_offset.js'
import type { Origin } from './dead_letters.js'
import { commitHeld, type ProtocolContext, storeRange } from './protocol.js'
import { type Limits, RangeBuilder, type ReadyRange } from './range_builder.js'
import type { Start } from './reconcile.js'
import { FencedError, HaltedError, type RetryContext, retryUntilDone } from './retry.js'

/** What a partition worker needs. */
export interface PartitionContext extends Omit<ProtocolContext, 'origin' | 'signal'> {
  readonly topic: string
  readonly partition: number
  readonly limits: Limits
  readonly bytesInFlight: ByteSemaphore
  readonly segments: Segments
  /** Reads from Kafka the topic's id and what the group has committed. */
  readonly locate: () => Promise<{ readonly topicId: string; readonly committed: CommittedOffset }>
  /** Reads from ClickHouse what is stored, and decides where to start. */
  readonly reconcile: (topicId: string, committed: CommittedOffset) => Promise<Start>
  /**
   * Makes the consumer fetch from an offset other than the committed one; undefined means the partition's beginning.
   */
  readonly seek: (offset: number | undefined) => void
  /** Resolves when an earlier worker of the same partition has nothing in flight. */
  readonly predecessor: Promise<void>
}

export type PartitionState = 'starting' | 'running' | 'halted' | 'ended'

/** After this long without a next range, in milliseconds, we commit what is stored. */
const IDLE_COMMIT_MS = 1_000

/**
 * Works on one partition from its assignment until it is revoked: decides where to start, then stores range after
 * range.
 */
export class PartitionWorker {
  #state: PartitionState = 'starting'
  readonly #abort = new AbortController()
  readonly #started: Promise<RangeBuilder | undefined>
  readonly #settled: Promise<void>
  #origin: Origin | undefined
  #rangeBuilder: RangeBuilder | undefined
  #appending: Promise<void> = Promise.resolve()
  #draining = false
  #stored: number | undefined
  #committed: number | undefined
  #wake: () => void = () => undefined

  constructor(readonly context: PartitionContext) {
    this.#started = this.#start()
    this.#settled = this.#run()
  }

  get state(): PartitionState {
    return this.#state
  }

  get topicId(): string | undefined {
    return this.#origin?.topicId
  }

  /** Resolves when the worker has ended and has nothing in flight. */
  get settled(): Promise<void> {
    return this.#settled
  }

  /** The offset of the next record, as soon as it is known. */
  async expected(): Promise<number | undefined> {
    return (await this.#started)?.next
  }

  /** Takes records; resolves when there is room for more, or the worker has ended. */
  offer(batches: readonly RecordBatch[], logStartOffset: number): Promise<void> {
    this.#appending = this.#appending.then(async () => (await this.#started)?.append(batches, logStartOffset))
    return this.#appending
  }

  /** Stores the records that were taken, commits, and ends. */
  drain(): Promise<void> {
    this.#draining = true
    this.#rangeBuilder?.refuse()
    this.#wake()
    return this.#settled
  }

  /**
   * Ends the worker, because the partition is lost. An insert in flight may still finish; its token makes that
   * harmless.
   */
  revoke(): void {
    this.#abort.abort()
    this.#rangeBuilder?.close()
    this.#wake()
  }

  get #ended(): boolean {
    return this.#abort.signal.aborted || this.#state === 'halted'
  }

  get #retryContext(): RetryContext {
    const { signal } = this.#abort
    return { events: this.context.events, signal, held: () => !signal.aborted && this.context.held() }
  }

  async #start(): Promise<RangeBuilder | undefined> {
    const { context } = this
    await context.predecessor
    try {
      const { topicId, committed } = await retryUntilDone('locate', this.#retryContext, kafkaFailure, context.locate)
      const reconcile = () => context.reconcile(topicId, committed)
      const start = await retryUntilDone('reconcile', this.#retryContext, clickHouseFailure, reconcile)
      this.#origin = { topic: context.topic, topicId, partition: context.partition }
      this.#rangeBuilder = new RangeBuilder({
        start,
        limits: context.limits,
        bytesInFlight: context.bytesInFlight,
        segments: context.segments,
        wake: () => this.#wake(),
        missing: (from, to) => context.events.missing(from, to),
      })
      if (this.#draining) this.#rangeBuilder.refuse()
      if (start.from !== committed.offset) context.seek(start.from)
      context.events.began(start)
      this.#state = 'running'
      return this.#rangeBuilder
    } catch (error) {
      this.#end(error)
      return undefined
    }
  }

  async #run(): Promise<void> {
    const builder = await this.#started
    while (builder !== undefined && !this.#ended) {
      const ready = builder.takeReadyRange(this.#draining)
      if (ready !== undefined) await this.#store(ready)
      else if (this.#draining) break
      else await this.#idle()
    }
    if (!this.#ended) await this.#commitStored()
    builder?.close()
    if (this.#state !== 'halted') this.#state = 'ended'
  }

  async #store({ range, begunBefore, cost }: ReadyRange): Promise<void> {
    const { last } = range
    try {
      const context = { ...this.context, ...this.#retryContext, origin: this.#origin as Origin }
      await storeRange(range, context, begunBefore)
      this.#stored = last + 1
    } catch (error) {
      this.#end(error)
    } finally {
      this.context.bytesInFlight.release(cost)
    }
  }

  /** Waits for work. When idle for a while, commits what is stored, so that a restart doesn't read it again. */
  async #idle(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const woken = new Promise<boolean>((resolve) => {
      this.#wake = () => resolve(true)
      if (this.#stored !== this.#committed) timer = setTimeout(() => resolve(false), IDLE_COMMIT_MS)
    })
    if (!(await woken)) await this.#commitStored()
    clearTimeout(timer)
  }

  async #commitStored(): Promise<void> {
    const offset = this.#stored
    if (offset === undefined || offset === this.#committed || this.#origin === undefined) return
    const metadata = encodeCommitMetadata({ topicId: this.#origin.topicId })
    const { commit } = this.context
    const { held } = this.#retryContext
    try {
      await retryUntilDone('commit', this.#retryContext, kafkaFailure, () =>
        commitHeld(offset, metadata, { held, commit }),
      )
      this.#committed = offset
    } catch (error) {
      this.#end(error)
    }
  }

  #end(error: unknown): void {
    if (error instanceof FencedError) {
      this.revoke()
      return
    }
    this.#state = 'halted'
    this.context.events.halted(error instanceof HaltedError ? error.code : 'INGEST_INTERNAL', error)
    this.#rangeBuilder?.close()
    this.#wake()
  }
}
