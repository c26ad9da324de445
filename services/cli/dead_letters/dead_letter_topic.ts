import { type Kafka, type KafkaMessage, Partitioners } from 'kafkajs'
import { deadLetterTopic, MAX_RECORD_BYTES } from '../../../schemas/streams/index.js'
import { CliError } from '../errors.js'
import { type Letter, Letters, letterOf, RESOLUTION_HEADER, type Resolution } from './letter.js'
import { readTopic } from './topic_reader.js'

/** Bytes of records that one replay request sends. */
const BATCH_BYTES = 8 * MAX_RECORD_BYTES

/** The dead-letter topic of one stream's topic. */
export class DeadLetterTopic {
  readonly #topic: string

  constructor(
    readonly kafka: Kafka,
    readonly origin: string,
  ) {
    this.#topic = deadLetterTopic(origin)
  }

  async letters(): Promise<Letters> {
    const letters = new Letters()
    await readTopic(this.kafka, this.#topic, (message) => letters.add(message))
    return letters
  }

  /** The value of a letter's record; null for a record without a value, undefined when there is no such letter. */
  async value(key: string): Promise<Buffer | null | undefined> {
    let found: Buffer | null | undefined
    await readTopic(this.kafka, this.#topic, (message) => {
      if (isLetter(message, key)) found = message.value
    })
    return found
  }

  /**
   * Sends the records of letters to their topic again, unchanged. A record that can be stored now keeps its `event_id`,
   * so it counts once however often it is replayed. A record that still cannot be stored becomes a new letter.
   */
  async replay(letters: readonly Letter[]): Promise<void> {
    const wanted = new Set(letters.map(({ key }) => key))
    await this.#producing(async (send) => {
      let batch: { key: string; value: Buffer | null }[] = []
      let bytes = 0
      const flush = async (): Promise<void> => {
        // The record first: a replay that fails between the two leaves the letter open, and can be repeated.
        await send(this.origin, batch)
        await send(
          this.#topic,
          batch.map(({ key }) => resolutionOf(key, 'replayed')),
        )
        batch = []
        bytes = 0
      }
      await readTopic(this.kafka, this.#topic, async (message) => {
        const key = message.key?.toString() ?? ''
        if (!wanted.has(key) || !isLetter(message, key)) return
        wanted.delete(key)
        batch.push({ key, value: message.value })
        bytes += message.value?.length ?? 0
        if (bytes >= BATCH_BYTES) await flush()
      })
      await flush()
    })
  }

  /** Closes letters without replaying them. Their records stay in the topic until its retention ends. */
  async discard(letters: readonly Letter[]): Promise<void> {
    await this.#producing((send) =>
      send(
        this.#topic,
        letters.map(({ key }) => resolutionOf(key, 'discarded')),
      ),
    )
  }

  async #producing(work: (send: Send) => Promise<void>): Promise<void> {
    const producer = this.kafka.producer({
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry: { retries: 3 },
    })
    try {
      await producer.connect()
      await work(async (topic, messages) => {
        if (messages.length > 0) await producer.send({ topic, messages, acks: -1 })
      })
    } catch (error) {
      if (error instanceof CliError) throw error
      throw new CliError('KAFKA_AWAY', 'Kafka did not accept the messages. Nothing is lost: run the command again.')
    } finally {
      await producer.disconnect()
    }
  }
}

interface Message {
  key: string
  value: Buffer | null
  headers?: Record<string, string>
}

type Send = (topic: string, messages: Message[]) => Promise<void>

function resolutionOf(key: string, resolution: Resolution): Message {
  return { key, value: null, headers: { [RESOLUTION_HEADER]: resolution } }
}

function isLetter(message: KafkaMessage, key: string): boolean {
  if (message.key?.toString() !== key) return false
  const said = letterOf(message)
  return said !== undefined && 'reason' in said
}
