import timeout from 'p-timeout'
import type { ProducerPort } from '../ports.js'

/** How long a producer may take to disconnect before nobody waits for it, in milliseconds. */
const DISCONNECT_MS = 1_000

/** Thrown for a send after `close`. Nothing was sent. */
class ConnectionClosedError extends Error {
  override readonly name = 'ConnectionClosedError'
}

/**
 * One producer at a time: connected when it is needed, replaced when it has failed. Whatever producer was ever created
 * is disconnected, also one whose connect fails halfway or is still under way when the connection closes.
 */
export class ProducerConnection {
  #producer: ProducerPort | undefined
  #connecting: ProducerPort | undefined
  #closed = false

  constructor(readonly createProducer: () => ProducerPort) {}

  /**
   * Connects if necessary. Nothing is sent before this resolves.
   *
   * @throws what the producer throws
   */
  async connect(): Promise<ProducerPort> {
    if (this.#closed) throw new ConnectionClosedError()
    if (this.#producer !== undefined) return this.#producer
    // Awaited, because nothing but its type says that a user's function returns no promise.
    const producer = await this.createProducer()
    this.#connecting = producer
    try {
      await producer.connect()
      if (this.#closed) throw new ConnectionClosedError()
    } catch (error) {
      await disconnect(producer)
      throw error
    } finally {
      this.#connecting = undefined
    }
    this.#producer = producer
    return producer
  }

  /** Disconnects the producer. The next `connect` creates another. */
  async reset(): Promise<void> {
    const producer = this.#producer
    this.#producer = undefined
    if (producer !== undefined) await disconnect(producer)
  }

  /** Disconnects for good. A connect under way fails, and its producer is disconnected too. */
  async close(): Promise<void> {
    this.#closed = true
    if (this.#connecting !== undefined) await disconnect(this.#connecting)
    await this.reset()
  }
}

/** Disconnects a producer. Never throws, and returns after a while even if the producer is stuck. */
async function disconnect(producer: ProducerPort): Promise<void> {
  try {
    const disconnected = Promise.resolve(producer.disconnect())
    await timeout(disconnected, { milliseconds: DISCONNECT_MS, fallback: () => undefined })
  } catch {
    // The producer is given up either way.
  }
}
