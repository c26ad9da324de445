import type { PartitionEvents } from '../events.js'
import { clickHouseFailure, kafkaFailure } from '../failures.js'
import type { RecordBatch } from '../fetch/record_batch.js'
import { Wakeup } from '../wakeup.js'
import { encodeCommitMetadata } from './committed_offset.js'
import type { Origin } from './dead_letters.js'
import { type Halt, haltOf, pauseAfterHalt } from './halt.js'
import { PartitionLag } from './lag.js'
import type { PartitionContext } from './partition_context.js'
import { commitHeld, storeRange } from './protocol.js'
import { RangeBuilder } from './range/range_builder.js'
import type { ReadyRange } from './range/range_builder_context.js'
import { FencedError, type RetryContext, retryUntilDone } from './retry.js'
import { SentLetters } from './sent_letters.js'
import type { PartitionStatus } from './status.js'

/** After this long without a next range, in milliseconds, we commit what is stored. */
const IDLE_COMMIT_MS = 1_000

/**
 * Works on one partition from its assignment until it is revoked: decides where to start, then stores range after
 * range. When a step fails for good, the partition halts: it gives its memory back, fetching pauses, and after a while
 * the worker starts again from what is committed.
 */
export class PartitionWorker {
  readonly lag: PartitionLag
  readonly #abort = new AbortController()
  readonly #events: PartitionEvents
  readonly #settled: Promise<void>
  /** Resolves when the worker has started; with undefined when it did not, or is halted. */
  #started: Promise<RangeBuilder | undefined>
  #origin: Origin | undefined
  #builder: RangeBuilder | undefined
  #offering: Promise<unknown> = Promise.resolve()
  /** What was thrown by taking records. */
  #appendError: unknown
  #draining = false
  /** The first offset of the range that is being stored. */
  #storing: number | undefined
  /** The first offset that is not stored, while there is no range builder that knows a later one. */
  #position: number | undefined
  #committed = -1
  readonly #sentLetters = new SentLetters()
  #halt: Halt | undefined
  #halts = 0
  #problem: string | undefined
  readonly #wakeup = new Wakeup()

  constructor(readonly context: PartitionContext) {
    this.#events = this.#noting(context.events)
    this.lag = new PartitionLag(() => this.#firstUnstored, context.now)
    this.#started = this.#start()
    this.#settled = this.#run()
  }

  get topicId(): string | undefined {
    return this.#origin?.topicId
  }

  /** Resolves when the worker has ended and has nothing in flight. */
  get settled(): Promise<void> {
    return this.#settled
  }

  get status(): PartitionStatus {
    const { stream, topic, partition } = this.context
    const halted = this.#halt !== undefined
    const problem = halted ? `halted (${this.#halt?.code}); see docs/errors.md` : this.#problem
    return { stream, topic, partition, halted, problem, lag: this.lag.read() }
  }

  /** The offset of the next record, as soon as it is known; undefined when the worker is halted or has ended. */
  async expected(): Promise<number | undefined> {
    return (await this.#startedOrNot())?.next
  }

  /** Takes records. Resolves when there is room for more, with whether all were taken. */
  offer(batches: readonly RecordBatch[], logStartOffset: number): Promise<boolean> {
    const offering = this.#offering.then(() => this.#append(batches, logStartOffset))
    this.#offering = offering
    return offering
  }

  async #append(batches: readonly RecordBatch[], logStartOffset: number): Promise<boolean> {
    const builder = await this.#startedOrNot()
    try {
      const taken = (await builder?.append(batches, logStartOffset)) ?? false
      // The rest is fetched again when there is room: kafkajs fetches nothing while it waits for one partition.
      if (builder?.full) this.#pauseFetching()
      return taken
    } catch (error) {
      this.#appendError = error
      this.#wakeup.wake()
      return false
    }
  }

  /** Stores the records that were taken, commits, and ends. A worker that is starting or halted ends at once. */
  drain(): Promise<void> {
    this.#draining = true
    if (this.#builder === undefined) this.revoke()
    this.#builder?.refuse()
    this.#pauseFetching()
    this.#wakeup.wake()
    return this.#settled
  }

  /**
   * Ends the worker, because the partition is lost. An insert in flight may still finish; its token makes that
   * harmless.
   */
  revoke(): void {
    this.#abort.abort()
    this.#builder?.close()
    this.#wakeup.wake()
  }

  get #ended(): boolean {
    return this.#abort.signal.aborted
  }

  get #firstUnstored(): number | undefined {
    return this.#storing ?? this.#builder?.firstUnstored ?? this.#position
  }

  get #retryContext(): RetryContext {
    const { signal } = this.#abort
    return { signal, held: () => !signal.aborted && this.context.held(), events: this.#events }
  }

  /** The context's events, noting what fails now. */
  #noting(events: PartitionEvents): PartitionEvents {
    return {
      ...events,
      failed: (step, code, attempt) => {
        this.#problem = `${step} fails (${code})`
        events.failed(step, code, attempt)
      },
      recovered: (step, attempts) => {
        this.#problem = undefined
        events.recovered(step, attempts)
      },
    }
  }

  #startedOrNot(): Promise<RangeBuilder | undefined> {
    return this.#started.catch(() => undefined)
  }

  async #run(): Promise<void> {
    while (!this.#ended) {
      try {
        await this.#storeRanges(await this.#started)
        break
      } catch (error) {
        if (error instanceof FencedError || this.#ended || this.#draining) break
        await this.#pauseAfter(error)
        if (!this.#ended) this.#started = this.#start()
      }
    }
    this.revoke()
    this.#pauseFetching()
  }

  /** Records that the worker would not take are not fetched again and again. */
  #pauseFetching(): void {
    try {
      this.context.fetching.pause()
    } catch {
      // The partition is lost, and is not fetched.
    }
  }

  async #start(): Promise<RangeBuilder | undefined> {
    const { context } = this
    await context.predecessor
    const location = await retryUntilDone('locate', this.#retryContext, kafkaFailure, context.locate)
    const { topicId, committed, beginning, end } = location
    this.#position ??= committed.offset ?? beginning
    this.lag.endIs(end)
    const reconcile = () => context.reconcile(topicId, committed)
    const start = await retryUntilDone('reconcile', this.#retryContext, clickHouseFailure, reconcile)
    const from = start.from ?? beginning
    this.#origin = { topic: context.topic, topicId, partition: context.partition }
    this.#builder = new RangeBuilder({
      start: { ...start, from },
      limits: context.limits,
      bytesInFlight: context.bytesInFlight,
      segments: context.segments,
      wake: () => this.#wakeup.wake(),
      missing: (missingFrom, to) => context.events.missing(missingFrom, to),
    })
    this.#position = undefined
    this.#committed = from
    if (this.#draining) this.#builder.refuse()
    // Always: kafkajs keeps a seek of an earlier assignment, and would begin behind records that are not stored.
    context.fetching.from(from)
    if (this.#halt?.atStart) this.#recover()
    context.events.began({ ...start, from })
    return this.#builder
  }

  async #storeRanges(builder: RangeBuilder | undefined): Promise<void> {
    while (builder !== undefined && !this.#ended) {
      if (this.#appendError !== undefined) throw this.#appendError
      const ready = builder.takeReadyRange(this.#draining)
      if (ready !== undefined && builder.full) this.context.fetching.from(builder.reopen())
      if (ready !== undefined) await this.#store(ready)
      else if (this.#draining) return this.#commitStored()
      else await this.#idle()
    }
  }

  async #store({ range, begunBefore, cost }: ReadyRange): Promise<void> {
    this.#storing = range.first
    try {
      const own = { events: this.#events, origin: this.#origin as Origin, sentLetters: this.#sentLetters }
      const context = { ...this.context, ...this.#retryContext, ...own }
      await storeRange(range, context, begunBefore)
      this.#storing = undefined
      this.#recover()
    } finally {
      this.context.bytesInFlight.release(cost)
    }
  }

  /** Waits for work. When idle for a while, commits what is stored, so that a restart doesn't read it again. */
  async #idle(): Promise<void> {
    const isCommitted = (this.#firstUnstored ?? 0) <= this.#committed
    const woken = await this.#wakeup.sleep(isCommitted ? undefined : IDLE_COMMIT_MS)
    if (!woken) await this.#commitStored()
  }

  async #commitStored(): Promise<void> {
    const offset = this.#firstUnstored
    if (offset === undefined || offset <= this.#committed || this.#origin === undefined) return
    const metadata = encodeCommitMetadata({ topicId: this.#origin.topicId })
    const { commit } = this.context
    const { held } = this.#retryContext
    const action = () => commitHeld(offset, metadata, { held, commit })
    await retryUntilDone('commit', this.#retryContext, kafkaFailure, action)
    this.#committed = offset
  }

  /** Halts: gives the memory back, and waits until it is time to start again. */
  async #pauseAfter(error: unknown): Promise<void> {
    const { context } = this
    const halt = haltOf(error, this.#builder === undefined)
    this.#halt = halt
    this.#halts++
    this.#position = this.#firstUnstored
    this.#storing = undefined
    this.#appendError = undefined
    this.#builder?.close()
    this.#builder = undefined
    this.#started = Promise.resolve(undefined)
    this.#pauseFetching()
    context.events.halted(halt.code, error, this.#halts)
    const until = context.now() + pauseAfterHalt(halt, this.#halts, context.haltedRetryMs)
    while (!this.#ended && context.now() < until) await this.#wakeup.sleep(until - context.now())
  }

  #recover(): void {
    this.#problem = undefined
    if (this.#halt === undefined) return
    this.#halt = undefined
    this.#halts = 0
    this.context.events.resumed()
  }
}
