import { messageBytes } from '../../../schemas/kafka/message_size.js'
import { type BatchSender, MessageTooLargeError } from '../../runtime/kafka/batch_sender.js'

/** What came of a replay: how many letters were replayed, and how many were left open. */
export interface Replayed {
  readonly replayed: number
  readonly left: number
}

/** A record of a letter, as it was in its topic. */
interface Record {
  /** The letter's key. */
  readonly letter: string
  readonly key: Buffer | null
  readonly value: Buffer | null
}

/** Bytes of records that are held before they are sent. */
const HELD_BYTES = 4 * 1024 * 1024

/** Sends records to a topic, any number of them, and closes the letter of each that Kafka accepts. */
export class Replay {
  #held: Record[] = []
  #heldBytes = 0
  #replayed = 0

  constructor(
    readonly sender: BatchSender,
    readonly topic: string,
    /** Closes letters by their keys. */
    readonly close: (keys: readonly string[]) => Promise<void>,
  ) {}

  async add(record: Record): Promise<void> {
    this.#held.push(record)
    this.#heldBytes += messageBytes(record)
    if (this.#heldBytes >= HELD_BYTES) await this.#flush()
  }

  /** Sends what is held, and resolves with how many records Kafka has accepted in all. */
  async end(): Promise<number> {
    await this.#flush()
    return this.#replayed
  }

  async #flush(): Promise<void> {
    const records = this.#held
    this.#held = []
    this.#heldBytes = 0
    for (let at = 0; at < records.length; ) {
      const sent = await this.#sendFrom(records, at)
      // The record first: a replay that fails between the two leaves the letter open, and can be repeated.
      await this.close(records.slice(at, at + sent).map(({ letter }) => letter))
      this.#replayed += sent
      // Kafka rejected one record as too large: its letter stays open.
      at += Math.max(1, sent)
    }
  }

  async #sendFrom(records: readonly Record[], from: number): Promise<number> {
    try {
      return await this.sender.sendFrom(this.topic, records, from, ({ key, value }) => ({ key, value }))
    } catch (error) {
      if (error instanceof MessageTooLargeError) return 0
      throw error
    }
  }
}
