import timeout from 'p-timeout'

/** The part of kafkajs's admin client that the probe uses. */
export interface AdminPort {
  connect(): Promise<void>
  fetchTopicMetadata(options: { topics: string[] }): Promise<unknown>
  disconnect(): Promise<void>
}

/** How long to wait for Kafka, in milliseconds: less than the usual timeout of a readiness probe. */
const TIMEOUT_MS = 2_000

/** Checks that Kafka answers and has the topics. */
export class TopicProbe {
  #connected: Promise<void> | undefined
  #request: Promise<string | undefined> | undefined

  constructor(
    readonly admin: AdminPort,
    readonly topics: readonly string[],
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
      const known = await Promise.all(this.topics.map((topic) => this.#has(topic)))
      const missing = this.topics.filter((_, index) => !known[index])
      if (missing.length === 0) return undefined
      return `the ${missing.length === 1 ? 'topic' : 'topics'} ${missing.join(', ')}: run migrate`
    } catch {
      return 'Kafka'
    }
  }

  async #has(topic: string): Promise<boolean> {
    try {
      await this.admin.fetchTopicMetadata({ topics: [topic] })
      return true
    } catch (error) {
      if ((error as { type?: string }).type === 'UNKNOWN_TOPIC_OR_PARTITION') return false
      throw error
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
