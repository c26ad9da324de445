import { type Kafka, type KafkaMessage, Partitioners } from 'kafkajs'
import { deadLetterTopic, MAX_RECORD_BYTES } from '../../../schemas/streams/index.js'
import { CliError } from '../errors.js'
import { type Letter, Letters, letterOf, RESOLUTION_HEADER, type Resolution } from './letter.js'
import { readTopic } from './topic_reader.js'

/** Bytes of letters that are replayed at once. */
const BATCH_BYTES = 8 * MAX_RECORD_BYTES

/** The dead letters of one topic. */
export class Mailbox {
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

  /** The bytes of a letter's record; null for one without a value, undefined when there is no such letter. */
  async value(key: string): Promise<Buffer | null | undefined> {
    let found: Buffer | null | undefined
    await readTopic(this.kafka, this.#topic, (message) => {
      if (isLetter(message, key)) found = message.value
    })
    return found
  }

  /**
   * Puts the records of letters into their topic again, as they were. A record that can be stored now keeps its `event_id`, so that it counts
   * once however often it is replayed; one that still cannot be becomes a new letter.
   */
  async replay(letters: readonly Letter[]): Promise<void> {
    const wanted = new Set(letters.map(({ key }) => key))
    await this.#producing(async (send) => {
      let batch: { key: string; value: Buffer | null }[] = []
      let bytes = 0
      const flush = async (): Promise<void> => {
        // The record first: a replay that breaks off between the two leaves the letter open, and may be asked for again.
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

  /** Says of letters that nothing more is to be done about them. Their records stay in the topic until its retention ends. */
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
      throw new CliError('KAFKA_AWAY', 'Kafka did not take the messages; nothing is lost: call the command again.')
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
