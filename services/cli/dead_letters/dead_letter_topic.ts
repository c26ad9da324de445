import { type Kafka, type KafkaMessage, Partitioners } from 'kafkajs'
import { deadLetterTopic } from '../../../schemas/streams/index.js'
import { BatchSender } from '../../runtime/kafka/batch_sender.js'
import { CliError } from '../errors.js'
import {
  isReplayable,
  type Letter,
  Letters,
  letterOf,
  RESOLUTION_HEADER,
  type Resolution,
  recordKeyOf,
} from './letter.js'
import { Replay, type Replayed } from './replay.js'
import { readTopic } from './topic_reader.js'

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

  /** The bytes of a letter; null for a record without a value, undefined when there is no such letter. */
  async value(key: string): Promise<Buffer | null | undefined> {
    let found: Buffer | null | undefined
    await readTopic(this.kafka, this.#topic, (message) => {
      if (isLetter(message, key)) found = message.value
    })
    return found
  }

  /**
   * Sends the records of letters to their topic again, unchanged and under their keys. A record that can be stored now
   * keeps its `event_id`, so it counts once however often it is replayed. A record that still cannot be stored becomes
   * a new letter. A letter that holds only the first bytes of its record or a whole record batch, or that Kafka rejects
   * as too large, stays open.
   */
  async replay(letters: readonly Letter[]): Promise<Replayed> {
    const wanted = new Set(letters.filter(isReplayable).map(({ key }) => key))
    return this.#sending(async (sender) => {
      const replay = new Replay(sender, this.origin, (keys) => this.#resolve(sender, keys, 'replayed'))
      await readTopic(this.kafka, this.#topic, async (message) => {
        const key = message.key?.toString() ?? ''
        if (!wanted.has(key) || !isLetter(message, key)) return
        wanted.delete(key)
        await replay.add({ letter: key, key: recordKeyOf(message), value: message.value })
      })
      const replayed = await replay.end()
      return { replayed, left: letters.length - replayed }
    })
  }

  /** Closes letters without replaying them. Their records stay in the topic until its retention ends. */
  async discard(letters: readonly Letter[]): Promise<void> {
    const keys = letters.map(({ key }) => key)
    await this.#sending((sender) => this.#resolve(sender, keys, 'discarded'))
  }

  async #resolve(sender: BatchSender, keys: readonly string[], resolution: Resolution): Promise<void> {
    await sender.send(
      this.#topic,
      keys.map((key) => ({ key, value: null, headers: { [RESOLUTION_HEADER]: resolution } })),
    )
  }

  async #sending<T>(work: (sender: BatchSender) => Promise<T>): Promise<T> {
    const producer = this.kafka.producer({
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry: { retries: 3 },
    })
    try {
      await producer.connect()
      return await work(new BatchSender(producer))
    } catch (error) {
      if (error instanceof CliError) throw error
      throw new CliError('KAFKA_AWAY', 'Kafka did not accept the messages. Nothing is lost: run the command again.')
    } finally {
      await producer.disconnect()
    }
  }
}

function isLetter(message: KafkaMessage, key: string): boolean {
  if (message.key?.toString() !== key) return false
  const said = letterOf(message)
  return said !== undefined && 'reason' in said
}
