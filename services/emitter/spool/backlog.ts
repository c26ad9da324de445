import { setTimeout as delay } from 'node:timers/promises'
import type { Queue } from '../delivery/queue.js'
import { ClosedError } from '../errors.js'
import type { Events } from '../events.js'
import type { OutgoingMessage } from '../ports.js'
import type { Entry } from './entry.js'
import { KeyFilter } from './key_filter.js'
import { framesOf, recover } from './recovery.js'
import type { Segment, Settle } from './segment.js'

/** How much of the backlog is in the queue at once: a fresh record waits for this much at most. */
const MAX_QUEUED_BYTES = 2 * 1024 * 1024
/** How long to wait before the queue is asked again for room, and a file that can't be read is read again. */
const RETRY_MS = 20
const READ_RETRY_MS = 1_000

export interface BacklogOptions {
  readonly queue: Queue
  readonly events: Events
  readonly wake: () => void
  readonly newEntry: (message: OutgoingMessage, settle: Settle | undefined) => Entry
  /** Closes the segment that is written, so that it can be read. */
  readonly rollSegment: () => void
}

/** The segments, and the records in them that are on disk only: it reads them back into the queue, oldest first. */
export class Backlog {
  readonly #options: BacklogOptions
  readonly #keys = new KeyFilter()
  #segments: Segment[] = []
  /** Records that are on disk only, or about to be. */
  #waiting = 0
  #recovering: Segment[] = []
  #queuedBytes = 0
  #bytes = 0
  #running = false
  #stopped = false
  #changed: (() => void) | undefined
  #drained: (() => void)[] = []

  constructor(options: BacklogOptions) {
    this.#options = options
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.#bytes
  }

  grown(bytes: number): void {
    this.#bytes += bytes
  }

  /** Whether a record of this key must wait behind others on disk. */
  mustWait(key: string): boolean {
    return this.#recovering.length > 0 || (this.#waiting > 0 && this.#keys.has(key))
  }

  /** A record of this key is about to be on disk only. */
  expect(key: string): void {
    this.#waiting++
    this.#keys.add(key)
  }

  /** A record that was expected is not on disk after all. */
  unexpect(): void {
    this.#waiting--
    this.#checkDrained()
  }

  /** A record that was expected is on disk. */
  deferred(): void {
    this.#start()
  }

  add(segment: Segment): void {
    this.#segments.push(segment)
  }

  closed(segment: Segment): void {
    this.#removeIfDone(segment)
  }

  settled(segment: Segment): void {
    segment.pending--
    this.#removeIfDone(segment)
  }

  /** Takes over the segments of an earlier process. Until all are read, every record waits behind them. */
  recover(segments: readonly Segment[]): void {
    const known = new Set(this.#segments.map(({ path }) => path))
    const left = segments.filter(({ path }) => !known.has(path))
    if (left.length === 0) return
    this.#segments.unshift(...left)
    this.#recovering.push(...left)
    for (const { bytes } of left) this.#bytes += bytes
    this.#start()
  }

  drained(): Promise<void> {
    if (this.#isEmpty || this.#stopped) return Promise.resolve()
    return new Promise((resolve) => this.#drained.push(resolve))
  }

  stop(): void {
    this.#stopped = true
    this.#changed?.()
    for (const resolve of this.#drained.splice(0)) resolve()
  }

  /** Ends the wait of callers, and returns how many records stay on disk. */
  close(): number {
    this.stop()
    let left = 0
    for (const { pending, waiting } of this.#segments) {
      left += Number.isFinite(pending) ? pending : 0
      for (const publisher of waiting.values()) publisher(new ClosedError())
    }
    return left
  }

  get #isEmpty(): boolean {
    return this.#waiting === 0 && this.#recovering.length === 0
  }

  #start(): void {
    if (this.#running || this.#stopped) return
    this.#running = true
    void this.#run().finally(() => {
      this.#running = false
    })
  }

  async #run(): Promise<void> {
    while (!this.#stopped && !this.#isEmpty) {
      try {
        await this.#recoverAll()
        await this.#readOldest()
      } catch (error) {
        this.#options.events.spoolFailed((error as NodeJS.ErrnoException).code ?? 'unreadable')
        await delay(READ_RETRY_MS)
      }
    }
  }

  async #recoverAll(): Promise<void> {
    const { events } = this.#options
    let records = 0
    for (let segment = this.#recovering[0]; segment !== undefined && !this.#stopped; segment = this.#recovering[0]) {
      const torn = await recover(segment, this.#keys)
      if (torn > 0) events.spoolTorn(torn)
      this.#bytes -= torn
      records += segment.records
      this.#waiting += segment.records
      this.#recovering.shift()
      this.#removeIfDone(segment)
    }
    if (records > 0) events.spoolRecovered(records)
    this.#checkDrained()
  }

  /** Reads the oldest segment that has records on disk only, and puts them into the queue as it has room. */
  async #readOldest(): Promise<void> {
    const segment = this.#segments.find(({ deferred }) => deferred.length > 0)
    if (segment === undefined) {
      // They are not written yet.
      await delay(RETRY_MS)
      return
    }
    if (!segment.closed) this.#options.rollSegment()
    const { messages } = await framesOf(segment)
    for (let range = segment.deferred[0]; range !== undefined; range = segment.deferred[0]) {
      const [ordinal, end] = range
      const message = messages[ordinal]
      if (message === undefined) return this.#giveUp(segment)
      if (!(await this.#enqueue(segment, ordinal, message))) return
      range[0]++
      if (range[0] >= end) segment.deferred.shift()
      this.#waiting--
      this.#checkDrained()
    }
  }

  /** Returns false if the emitter closes before the queue has room. */
  async #enqueue(segment: Segment, ordinal: number, message: OutgoingMessage): Promise<boolean> {
    const { queue, newEntry, wake } = this.#options
    const bytes = message.value.length
    const publisher = segment.waiting.get(ordinal)
    const entry = newEntry(message, (error) => {
      this.#queuedBytes -= bytes
      this.#changed?.()
      publisher?.(error)
    })
    entry.segment = segment
    for (;;) {
      if (this.#stopped) return false
      if (this.#queuedBytes < MAX_QUEUED_BYTES && queue.offer(message, entry.settle, entry)) break
      await this.#roomOrTime()
    }
    this.#queuedBytes += bytes
    segment.waiting.delete(ordinal)
    wake()
    return true
  }

  #roomOrTime(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, RETRY_MS)
      this.#changed = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  /** A segment that is damaged since it was written has fewer records than it had. */
  #giveUp(segment: Segment): void {
    const lost = segment.deferred.reduce((sum, [first, end]) => sum + end - first, 0)
    segment.deferred.length = 0
    segment.pending -= lost
    this.#waiting -= lost
    this.#options.events.dropped(lost, 'spool_failed')
    for (const publisher of segment.waiting.values()) publisher(new Error('The record is damaged on disk.'))
    segment.waiting.clear()
    this.#removeIfDone(segment)
    this.#checkDrained()
  }

  #removeIfDone(segment: Segment): void {
    if (!segment.isDone) return
    this.#segments = this.#segments.filter((other) => other !== segment)
    this.#bytes -= segment.bytes
    this.#options.events.spooled(this.#bytes)
    try {
      segment.remove()
    } catch (error) {
      // It is read again after a restart; its records have the same ids.
      this.#options.events.spoolFailed((error as NodeJS.ErrnoException).code ?? 'not removable')
    }
  }

  #checkDrained(): void {
    if (!this.#isEmpty) return
    this.#keys.clear()
    for (const resolve of this.#drained.splice(0)) resolve()
  }
}
