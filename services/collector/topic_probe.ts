import { setTimeout as delay } from 'node:timers/promises'

/** The part of kafkajs's admin client that is needed. */
export interface AdminPort {
  connect(): Promise<void>
  fetchTopicMetadata(options: { topics: string[] }): Promise<unknown>
  disconnect(): Promise<void>
}

/** How long Kafka may take to answer, in milliseconds: shorter than what asks for readiness waits itself. */
const TIMEOUT_MS = 2_000

/** Whether Kafka can be reached and has the topic that records go to. */
export class TopicProbe {
  #connected: Promise<void> | undefined
  #asking: Promise<string | undefined> | undefined

  constructor(
    readonly admin: AdminPort,
    readonly topic: string,
    readonly timeoutMs = TIMEOUT_MS,
  ) {}

  /** Resolves to what is missing, or to undefined when nothing is. Asked at once from several places, Kafka is asked once. */
  async missing(): Promise<string | undefined> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined
    })
    const given = new AbortController()
    const timeout = delay(this.timeoutMs, 'Kafka, which does not answer', { signal: given.signal }).catch(
      () => undefined,
    )
    try {
      return await Promise.race([this.#asking, timeout])
    } finally {
      given.abort()
    }
  }

  async close(): Promise<void> {
    if (this.#connected !== undefined) await this.admin.disconnect()
  }

  async #ask(): Promise<string | undefined> {
    try {
      await this.#connect()
      await this.admin.fetchTopicMetadata({ topics: [this.topic] })
      return undefined
    } catch (error) {
      const { type } = error as { type?: string }
      return type === 'UNKNOWN_TOPIC_OR_PARTITION' ? `the topic ${this.topic}, which migrate makes` : 'Kafka'
    }
  }

  async #connect(): Promise<void> {
    this.#connected ??= this.admin.connect()
    try {
      await this.#connected
    } catch (error) {
      this.#connected = undefined
      throw error
    }
  }
}
