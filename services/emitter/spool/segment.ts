import { rmSync } from 'node:fs'

/** Called once when Kafka has acknowledged or refused a record. */
export type Settle = (error?: Error) => void

/** A file of the spool: its records, and what became of them. */
export class Segment {
  /** Bytes written. */
  bytes = 0
  /** Records written. */
  records = 0
  /** Records that Kafka has not acknowledged. */
  pending = 0
  /** Whether nothing more is written to it. */
  closed = false
  /** Ordinals of the records that are on disk only, as [first, after last]. They are read back from here. */
  readonly deferred: [number, number][] = []
  /** Callers that wait for a record that is on disk only, by its ordinal. */
  readonly waiting = new Map<number, Settle>()

  constructor(readonly path: string) {}

  defer(ordinal: number): void {
    const last = this.deferred.at(-1)
    if (last !== undefined && last[1] === ordinal) last[1]++
    else this.deferred.push([ordinal, ordinal + 1])
  }

  get isDone(): boolean {
    return this.closed && this.pending === 0
  }

  remove(): void {
    rmSync(this.path, { force: true })
  }
}
