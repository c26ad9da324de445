import { close, closeSync, fdatasync, fdatasyncSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Entry } from './entry.js'
import { FrameBuilder, maxRecordBytes } from './frame.js'
import type { SyncPolicy } from './options.js'
import { Segment } from './segment.js'

/** What is written at once. A record is at most about 90 KiB with its key. */
const FRAME_BYTES = 256 * 1024

export interface SegmentWriterOptions {
  readonly dir: string
  readonly sync: SyncPolicy
  readonly segmentBytes: number
  /** The number of the first segment: greater than those of the segments that are there. */
  readonly firstNumber: number
  readonly onSegment: (segment: Segment) => void
  readonly onWritten: (bytes: number) => void
  /** Called for a segment that gets no more records. */
  readonly onClosed: (segment: Segment) => void
}

/** The name of a segment's file. The names' order is that of their records. */
export function segmentName(number: number): string {
  return `${String(number).padStart(16, '0')}.segment`
}

/**
 * Appends records to segments. Records that are added in one turn of the event loop are written together, in one frame;
 * with `always` each record is a frame of its own, and on the medium before `write` returns.
 */
export class SegmentWriter {
  readonly #frame = new FrameBuilder(FRAME_BYTES)
  #entries: Entry[] = []
  #file: number | undefined
  #segment: Segment | undefined
  #number: number
  #unsynced = false
  #syncing = false

  constructor(readonly options: SegmentWriterOptions) {
    this.#number = options.firstNumber
  }

  get segment(): Segment | undefined {
    return this.#segment
  }

  /** Whether the frame has no room for the record: it must be written first. */
  isFull({ message }: Entry): boolean {
    return this.#frame.room < maxRecordBytes(message)
  }

  add(entry: Entry): void {
    this.#frame.add(entry.message)
    this.#entries.push(entry)
  }

  /**
   * Writes the frame. Returns its entries, which the segment has now.
   *
   * @throws {UnwrittenError} with the entries, which are not on disk
   */
  write(): readonly Entry[] {
    if (this.#frame.isEmpty) return []
    const entries = this.#entries
    this.#entries = []
    const frame = this.#frame.finish()
    try {
      const segment = this.#open()
      this.#append(segment, frame)
      for (const entry of entries) this.#note(segment, entry)
      if (segment.bytes >= this.options.segmentBytes) this.roll()
    } catch (error) {
      throw new UnwrittenError(entries, error as NodeJS.ErrnoException)
    }
    return entries
  }

  /** What was written of a frame that does not fit is cut off, so that the next begins where it should. */
  #append(segment: Segment, frame: Buffer): void {
    const file = this.#file as number
    try {
      let written = 0
      while (written < frame.length) {
        written += writeSync(file, frame, written, frame.length - written, segment.bytes + written)
      }
      if (this.options.sync === 'always') fdatasyncSync(file)
    } catch (error) {
      ignoreErrors(() => ftruncateSync(file, segment.bytes))
      throw error
    }
    segment.bytes += frame.length
    this.options.onWritten(frame.length)
    this.#unsynced = true
  }

  #note(segment: Segment, entry: Entry): void {
    entry.segment = segment
    const ordinal = segment.records++
    if (entry.isSettled) return
    segment.pending++
    if (!entry.deferred) return
    segment.defer(ordinal)
    if (entry.publisher !== undefined) segment.waiting.set(ordinal, entry.publisher)
  }

  /** Closes the segment; the next write begins another. The last one is synced before this returns. */
  roll({ isLast = false } = {}): void {
    const segment = this.#segment
    const file = this.#file
    if (segment === undefined || file === undefined) return
    this.#segment = undefined
    this.#file = undefined
    if (this.options.sync === 'interval' && isLast) ignoreErrors(() => fdatasyncSync(file))
    if (this.options.sync === 'interval' && !isLast) fdatasync(file, () => close(file, () => undefined))
    else ignoreErrors(() => closeSync(file))
    segment.closed = true
    this.options.onClosed(segment)
  }

  #open(): Segment {
    if (this.#segment !== undefined) return this.#segment
    const segment = new Segment(join(this.options.dir, segmentName(this.#number)))
    // `wx`: nothing that is there is ever overwritten.
    this.#file = openSync(segment.path, 'wx', 0o600)
    this.#number++
    this.#segment = segment
    if (this.options.sync !== 'never') syncFolder(this.options.dir)
    this.options.onSegment(segment)
    return segment
  }

  /** Syncs what was written since the last time, without making anybody wait. */
  sync(): void {
    if (!this.#unsynced || this.#syncing || this.#file === undefined) return
    this.#unsynced = false
    this.#syncing = true
    fdatasync(this.#file, () => {
      this.#syncing = false
    })
  }
}

/** Records that could not be written: the disk is full, say. */
export class UnwrittenError extends Error {
  override readonly name = 'UnwrittenError'

  constructor(
    readonly entries: readonly Entry[],
    override readonly cause: NodeJS.ErrnoException,
  ) {
    super(cause.message)
  }
}

/** A file that is new is found after a power loss only if its folder was synced. */
function syncFolder(dir: string): void {
  const folder = openSync(dir, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

function ignoreErrors(call: () => unknown): void {
  try {
    call()
  } catch {
    // What is on disk so far is read by its checksums, whatever this left behind.
  }
}
