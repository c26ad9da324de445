import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Queue } from '../delivery/queue.js'
import { QueueFullError, SpoolLockedError } from '../errors.js'
import type { Events } from '../events.js'
import type { OutgoingMessage } from '../ports.js'
import { Backlog } from './backlog.js'
import { Entry } from './entry.js'
import { lockFolder } from './folder_lock.js'
import {
  DEFAULT_MAX_BYTES,
  DEFAULT_SEGMENT_BYTES,
  DEFAULT_SYNC,
  DEFAULT_SYNC_INTERVAL_MS,
  type SpoolOptions,
} from './options.js'
import { leftSegments } from './recovery.js'
import type { Settle } from './segment.js'
import { SegmentWriter, UnwrittenError } from './segment_writer.js'

/** How long a folder that failed is left alone. Records wait in memory only for that time. */
const RETRY_MS = 5_000

/** What became of a record: it is accepted, or why it is not. */
export type Accepted = 'accepted' | 'full' | 'spool_full' | 'spool_failed'

export interface SpoolParts {
  readonly stream: string
  readonly options: SpoolOptions
  readonly queue: Queue
  readonly events: Events
  /** Called after a record was added to the queue. */
  readonly wake: () => void
}

/**
 * The queue's memory on disk. Every record is written before it is sent, and its segment is removed when Kafka has
 * acknowledged all of it, so that a restart sends again what was not. A record for which memory has no room is on disk
 * only, and so are later records of its key: they are read back in order (`Backlog`), and others do not wait for them.
 *
 * A folder that fails makes no record fail: it waits in memory, as without a spool.
 */
export class Spool {
  readonly #parts: SpoolParts
  readonly #sync
  readonly #backlog: Backlog
  #writer: SegmentWriter | undefined
  #unlock: (() => void) | undefined
  #writing: NodeJS.Immediate | undefined
  #failedAt = Number.NEGATIVE_INFINITY
  #closed = false
  readonly #timer: NodeJS.Timeout | undefined

  /** @throws {SpoolLockedError} when another process, or another emitter of this stream, owns the folder */
  constructor(parts: SpoolParts) {
    this.#parts = parts
    this.#sync = parts.options.sync ?? DEFAULT_SYNC
    this.#backlog = new Backlog({
      queue: parts.queue,
      events: parts.events,
      wake: parts.wake,
      newEntry: (message, settle) => new Entry(message, settle, this.#onSettled),
      rollSegment: () => this.#writer?.roll(),
    })
    this.#openFolder({ isStart: true })
    if (this.#sync === 'interval') {
      const every = parts.options.syncIntervalMs ?? DEFAULT_SYNC_INTERVAL_MS
      this.#timer = setInterval(() => this.#writer?.sync(), every).unref()
    }
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.#backlog.bytes
  }

  /** Takes a record to disk and into memory, or to one of them. */
  accept(message: OutgoingMessage, publisher?: Settle): Accepted {
    const { queue, wake } = this.#parts
    const writer = this.#usableWriter()
    if (writer === undefined) {
      // Its memory is all there is. A record of a key that waits on disk is then sent before those: none is lost.
      if (!queue.offer(message, publisher)) return this.#isTooLarge() ? 'spool_full' : 'spool_failed'
      wake()
      return 'accepted'
    }
    const entry = new Entry(message, publisher, this.#onSettled)
    if (writer.isFull(entry)) this.#write()
    entry.deferred = this.#backlog.mustWait(message.key) || !queue.offer(message, entry.settle, entry)
    writer.add(entry)
    if (entry.deferred) this.#backlog.expect(message.key)
    else wake()
    if (this.#sync === 'always') return this.#write() ? 'accepted' : 'spool_failed'
    this.#writing ??= setImmediate(() => this.#write())
    return 'accepted'
  }

  /** Resolves when no record is on disk only. */
  drained(): Promise<void> {
    this.#write()
    return this.#backlog.drained()
  }

  /** Reads nothing back any more. What the queue does not send stays on disk. */
  stop(): void {
    this.#backlog.stop()
  }

  /** Call when nothing is sent any more. Returns how many records stay on disk for the next start. */
  close(): number {
    if (this.#closed) return 0
    this.#closed = true
    clearInterval(this.#timer)
    this.#write()
    this.#writer?.roll({ isLast: true })
    this.#writer = undefined
    this.#unlock?.()
    return this.#backlog.close()
  }

  readonly #onSettled = (entry: Entry): void => {
    if (entry.segment !== undefined) this.#backlog.settled(entry.segment)
  }

  /** Writes what was added. Returns false if a record of it is neither on disk nor in memory. */
  #write(): boolean {
    if (this.#writing !== undefined) clearImmediate(this.#writing)
    this.#writing = undefined
    try {
      const entries = this.#writer?.write() ?? []
      for (const { deferred } of entries) if (deferred) this.#backlog.deferred()
      this.#parts.events.spooled(this.bytes)
      return true
    } catch (error) {
      if (!(error instanceof UnwrittenError)) throw error
      this.#fail(error.cause)
      return this.#keepInMemory(error.entries)
    }
  }

  #keepInMemory(entries: readonly Entry[]): boolean {
    const { queue, events, wake } = this.#parts
    let lost = 0
    for (const entry of entries) {
      if (!entry.deferred) continue
      this.#backlog.unexpect()
      if (queue.offer(entry.message, entry.settle)) wake()
      else {
        lost++
        entry.settle(new QueueFullError())
      }
    }
    // With `always` it is the record that `accept` is about, whose caller counts it.
    if (lost > 0 && this.#sync !== 'always') events.dropped(lost, 'spool_failed')
    return lost === 0
  }

  #usableWriter(): SegmentWriter | undefined {
    if (this.#closed) return undefined
    const due = Date.now() - this.#failedAt >= RETRY_MS
    if (this.#writer === undefined && due) this.#openFolder()
    if (!due || this.#isTooLarge()) return undefined
    return this.#writer
  }

  #isTooLarge(): boolean {
    return this.bytes >= (this.#parts.options.maxBytes ?? DEFAULT_MAX_BYTES)
  }

  #openFolder({ isStart = false } = {}): void {
    const { options, stream } = this.#parts
    const dir = join(options.dir, stream)
    try {
      mkdirSync(dir, { recursive: true, mode: 0o700 })
      this.#unlock ??= lockFolder(dir)
      const { segments, nextNumber } = leftSegments(dir)
      this.#writer = new SegmentWriter({
        dir,
        sync: this.#sync,
        segmentBytes: options.segmentBytes ?? DEFAULT_SEGMENT_BYTES,
        firstNumber: nextNumber,
        onSegment: (segment) => this.#backlog.add(segment),
        onWritten: (bytes) => this.#backlog.grown(bytes),
        onClosed: (segment) => this.#backlog.closed(segment),
      })
      this.#backlog.recover(segments)
    } catch (error) {
      // Later, emit calls this, which never throws.
      if (error instanceof SpoolLockedError && isStart) throw error
      this.#fail(error as NodeJS.ErrnoException)
    }
  }

  #fail(error: NodeJS.ErrnoException): void {
    this.#failedAt = Date.now()
    this.#parts.events.spoolFailed(error.code ?? error.name)
  }
}
