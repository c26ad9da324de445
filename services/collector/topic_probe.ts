import timeout from 'p-timeout'

/** The part of kafkajs's admin client that the probe uses. */
export interface AdminPort {
  connect(): Promise<void>
  fetchTopicMetadata(options: { topics: string[] }): Promise<unknown>
  disconnect(): Promise<void>
}

/** How long to wait for Kafka, in milliseconds: less than the usual timeout of a readiness probe. */
const TIMEOUT_MS = 2_000

/** Checks that Kafka answers and has the topic. */
export class TopicProbe {
  #connected: Promise<void> | undefined
  #request: Promise<string | undefined> | undefined

  constructor(
    readonly admin: AdminPort,
    readonly topic: string,
    readonly timeoutMs = TIMEOUT_MS,
  ) {}

  /** Returns what is missing, or undefined. Concurrent calls share one request to Kafka. */
  async missing(): Promise<string | undefined> {
    this.#request ??= this.#check().finally(() => {
      this.#request = undefined
    })
    return timeout(this.#request, { milliseconds: this.timeoutMs, fallback: () => 'Kafka, which does not answer' })
  }

  async close(): Promise<void> {
    if (this.#connected !== undefined) await this.admin.disconnect()
  }

  async #check(): Promise<string | undefined> {
    try {
      await this.#connect()
      await this.admin.fetchTopicMetadata({ topics: [this.topic] })
      return undefined
    } catch (error) {
      const { type } = error as { type?: string }
      return type === 'UNKNOWN_TOPIC_OR_PARTITION' ? `the topic ${this.topic}: run migrate` : 'Kafka'
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
