import { clickHouseFailure, kafkaFailure } from '../failures.js'
import type { RecordBatch } from '../fetch/record_batch.js'
import type { Budget } from '../memory/budget.js'
import type { Segments } from '../memory/segments.js'
import { encodePosition } from './committed_offset.js'
import type { Origin } from './dead_letters.js'
import { commitHeld, FencedError, HaltedError, type ProtocolContext, persist, storeRange } from './protocol.js'
import { Intake, type Limits, type Ready } from './range_builder.js'
import type { Committed, Start } from './reconcile.js'

/** What a lane needs of the world. */
export interface LaneContext extends Omit<ProtocolContext, 'origin' | 'signal'> {
  readonly topic: string
  readonly partition: number
  readonly limits: Limits
  readonly budget: Budget
  readonly segments: Segments
  /** Asks Kafka which incarnation of the topic this is, and what the group has committed. */
  readonly locate: () => Promise<{ readonly topicId: string; readonly committed: Committed }>
  /** Asks ClickHouse what is stored, and decides where to go on. */
  readonly reconcile: (topicId: string, committed: Committed) => Promise<Start>
  /** Has Kafka read from an offset other than the committed one; from the partition's beginning where it is undefined. */
  readonly seek: (offset: number | undefined) => void
  /** Resolves when an earlier lane of the same partition has nothing in flight any more. */
  readonly predecessor: Promise<void>
}

/** What a lane is doing, for people who ask. */
export type LaneState = 'starting' | 'running' | 'halted' | 'ended'

/** After this long without a next range, what is stored is committed by itself, in milliseconds. */
const IDLE_COMMIT_MS = 1_000

/** One partition, from its assignment until it is revoked: finds out where to go on, then stores one range after the other. */
export class Lane {
  #state: LaneState = 'starting'
  readonly #abort = new AbortController()
  readonly #begun: Promise<Intake | undefined>
  readonly #settled: Promise<void>
  #origin: Origin | undefined
  #intake: Intake | undefined
  #appending: Promise<void> = Promise.resolve()
  #draining = false
  #stored: number | undefined
  #committed: number | undefined
  #wake: () => void = () => undefined

  constructor(readonly context: LaneContext) {
    this.#begun = this.#begin()
    this.#settled = this.#run()
  }

  get state(): LaneState {
    return this.#state
  }

  get topicId(): string | undefined {
    return this.#origin?.topicId
  }

  /** Resolves when the lane has ended and nothing of it is in flight. */
  get settled(): Promise<void> {
    return this.#settled
  }

  /** The offset that the lane expects next, once it knows. */
  async expected(): Promise<number | undefined> {
    return (await this.#begun)?.next
  }

  /** Takes records; resolves when there is room for more, or the lane has ended. */
  offer(batches: readonly RecordBatch[]): Promise<void> {
    this.#appending = this.#appending.then(async () => (await this.#begun)?.append(batches))
    return this.#appending
  }

  /** Stores what was taken, commits, and ends. */
  drain(): Promise<void> {
    this.#draining = true
    this.#intake?.refuse()
    this.#wake()
    return this.#settled
  }

  /** Ends the lane: the partition is lost. What is in flight may still finish; its token makes that harmless. */
  revoke(): void {
    this.#abort.abort()
    this.#intake?.close()
    this.#wake()
  }

  get #ended(): boolean {
    return this.#abort.signal.aborted || this.#state === 'halted'
  }

  get #persistence(): Pick<ProtocolContext, 'events' | 'held' | 'signal'> {
    const { signal } = this.#abort
    return { events: this.context.events, signal, held: () => !signal.aborted && this.context.held() }
  }

  async #begin(): Promise<Intake | undefined> {
    const { context } = this
    await context.predecessor
    try {
      const { topicId, committed } = await persist('locate', this.#persistence, kafkaFailure, context.locate)
      const reconcile = () => context.reconcile(topicId, committed)
      const start = await persist('reconcile', this.#persistence, clickHouseFailure, reconcile)
      this.#origin = { topic: context.topic, topicId, partition: context.partition }
      this.#intake = new Intake({
        start,
        limits: context.limits,
        budget: context.budget,
        segments: context.segments,
        wake: () => this.#wake(),
        missing: (from, to) => context.events.missing(from, to),
      })
      if (this.#draining) this.#intake.refuse()
      if (start.from !== committed.offset) context.seek(start.from)
      context.events.began(start)
      this.#state = 'running'
      return this.#intake
    } catch (error) {
      this.#end(error)
      return undefined
    }
  }

  async #run(): Promise<void> {
    const intake = await this.#begun
    while (intake !== undefined && !this.#ended) {
      const ready = intake.takeReady(this.#draining)
      if (ready !== undefined) await this.#store(ready)
      else if (this.#draining) break
      else await this.#idle()
    }
    if (!this.#ended) await this.#commitStored()
    intake?.close()
    if (this.#state !== 'halted') this.#state = 'ended'
  }

  async #store({ range, begunBefore, cost }: Ready): Promise<void> {
    const { last } = range
    try {
      const context = { ...this.context, ...this.#persistence, origin: this.#origin as Origin }
      await storeRange(range, context, begunBefore)
      this.#stored = last + 1
    } catch (error) {
      this.#end(error)
    } finally {
      this.context.budget.give(cost)
    }
  }

  /** Waits for something to do; after a while of nothing, commits what is stored, so that a restart need not look at it again. */
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
    const metadata = encodePosition({ topicId: this.#origin.topicId })
    const { commit } = this.context
    const { held } = this.#persistence
    try {
      await persist('commit', this.#persistence, kafkaFailure, () => commitHeld(offset, metadata, { held, commit }))
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
    this.#intake?.close()
    this.#wake()
  }
}
