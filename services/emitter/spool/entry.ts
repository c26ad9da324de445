import { ClosedError } from '../errors.js'
import type { OutgoingMessage } from '../ports.js'
import type { Segment, Settle } from './segment.js'

/** A record on its way: in memory, on disk, or both. */
export class Entry {
  /** The segment that has it, once it is written. */
  segment: Segment | undefined
  /** Whether it is on disk only, behind others of its key, or because memory is full. */
  deferred = false
  /** Whether Kafka has answered for it. */
  isSettled = false

  constructor(
    readonly message: OutgoingMessage,
    readonly publisher: Settle | undefined,
    readonly onSettled: (entry: Entry) => void,
  ) {}

  /** Whether a restart finds it. */
  get stored(): boolean {
    return this.segment !== undefined
  }

  /** An emitter that closes has no answer of Kafka's: what is on disk stays there. */
  readonly settle: Settle = (error) => {
    if (!(error instanceof ClosedError)) {
      this.isSettled = true
      this.onSettled(this)
    }
    this.publisher?.(error)
  }
}
