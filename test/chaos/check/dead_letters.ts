import type { Kafka, KafkaMessage } from 'kafkajs'
import { deadLetterTopic } from '../../../schemas/streams/index.js'
import type { Contents } from '../workload/content.js'
import type { Findings } from './findings.js'
import { endOffsets, readTopic } from './topic.js'
import type { Truth } from './truth.js'

/** The dead letters of all checks. */
export interface DeadLetterCheck {
  /** Number of dead letters, including those that were written again after a crash. */
  readonly letters: number
  /** Number of invalid records in Kafka. */
  readonly poison: number
  /**
   * Reads new dead letters and compares: every invalid record has one with its reason and its bytes, and no other
   * record has one.
   */
  check(): Promise<void>
}

export function createDeadLetterCheck(options: {
  readonly kafka: Kafka
  readonly topic: string
  readonly truth: Truth
  readonly contents: Contents
  readonly findings: Findings
}): DeadLetterCheck {
  const { kafka, topic, truth, contents, findings } = options
  const lettered = new Set<string>()
  let read = 0
  let letters = 0
  let poison = 0

  function take({ key, value, headers }: KafkaMessage): void {
    letters++
    const header = (name: string) => String(headers?.[`gatelog-${name}`])
    const [partition, offset] = [Number(header('partition')), Number(header('offset'))]
    lettered.add(`${partition}-${offset}`)
    const wrong = (what: string): void => findings.add('wrong', { partition, offset, what: `dead letter ${what}` })
    const number = truth.at(partition, offset)
    if (String(key) !== `${topic}-${partition}-${offset}`) wrong(`under the key ${key}`)
    const content = number === undefined ? undefined : contents.of(number)
    if (content?.kind !== 'poison') {
      wrong('of what is no poison')
      return
    }
    if (header('reason') !== content.poison.reason) wrong(`says ${header('reason')}, not ${content.poison.reason}`)
    const sent = contents.encode(content)
    if (sent === null ? value !== null : value === null || !sent.equals(value))
      wrong('does not hold the bytes that were sent')
  }

  return {
    get letters() {
      return letters
    },
    get poison() {
      return poison
    },
    async check() {
      const name = deadLetterTopic(topic)
      const [end = 0] = await endOffsets(kafka, name)
      await readTopic(kafka, name, [{ partition: 0, from: read, to: end }], (_partition, message) => take(message))
      read = end
      poison = 0
      for (const [partition, count] of truth.ends.entries()) {
        for (let offset = 0; offset < count; offset++) {
          const number = truth.at(partition, offset)
          if (number === undefined || !contents.isPoison(number)) continue
          if (truth.standing(partition, offset) !== 'record') continue
          poison++
          if (!lettered.has(`${partition}-${offset}`)) {
            findings.add('lost', { partition, offset, what: 'poison without a dead letter' })
          }
        }
      }
    },
  }
}
