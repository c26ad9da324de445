import type { Kafka, KafkaMessage } from 'kafkajs'
import type { Outcome } from '../workload/transactional_producer.js'
import { TRANSACTION_HEADER } from '../workload/transactions.js'
import { endOffsets, readTopic } from './topic.js'

/**
 * What stands at an offset: a record that must be stored or dead-lettered, one of an aborted transaction, one of a
 * transaction of which the producer does not know how it ended, or nothing, such as the marker of a transaction.
 */
export type Standing = 'record' | 'aborted' | 'unknown' | 'nothing'

/** What Kafka has: the numbers that the producer sent, by partition and offset. */
export interface Truth {
  /** First offset of each partition that has not been read. */
  readonly ends: readonly number[]
  /** First offset of each partition behind the last record that must be stored or dead-lettered. */
  readonly wanted: readonly number[]
  readonly records: number
  standing(partition: number, offset: number): Standing
  /** The number of the record at an offset that may be stored; undefined if there is none. */
  at(partition: number, offset: number): number | undefined
  /** Reads what is new. All transactions must have ended. */
  advance(): Promise<void>
}

const FIRST_CAPACITY = 4_096
const standings: readonly Standing[] = ['nothing', 'record', 'aborted', 'unknown']

/** One partition. */
interface Column {
  readonly numbers: Float64Array
  /** Indexes of `standings`. */
  readonly standings: Uint8Array
}

export function createTruth(
  kafka: Kafka,
  topic: string,
  outcomeOf: (transaction: number) => Outcome | undefined,
): Truth {
  const columns: Column[] = []
  const wanted: number[] = []
  let ends: readonly number[] = []
  let records = 0

  function roomFor(partition: number, offset: number): Column {
    const column = columns[partition]
    const capacity = column?.numbers.length ?? 0
    if (column !== undefined && offset < capacity) return column
    const length = Math.max(offset + 1, capacity * 2, FIRST_CAPACITY)
    const larger = { numbers: new Float64Array(length), standings: new Uint8Array(length) }
    if (column !== undefined) {
      larger.numbers.set(column.numbers)
      larger.standings.set(column.standings)
    }
    columns[partition] = larger
    return larger
  }

  function standingOf({ headers }: KafkaMessage): Standing {
    const transaction = headers?.[TRANSACTION_HEADER]
    if (transaction === undefined) return 'record'
    const outcome = outcomeOf(Number(String(transaction)))
    return outcome === 'committed' ? 'record' : outcome === 'aborted' ? 'aborted' : 'unknown'
  }

  function put(partition: number, message: KafkaMessage): void {
    const offset = Number(message.offset)
    const standing = standingOf(message)
    const column = roomFor(partition, offset)
    column.numbers[offset] = Number(String(message.key))
    column.standings[offset] = standings.indexOf(standing)
    if (standing !== 'record') return
    records++
    wanted[partition] = offset + 1
  }

  function standing(partition: number, offset: number): Standing {
    return standings[columns[partition]?.standings[offset] ?? 0] as Standing
  }

  return {
    wanted,
    get ends() {
      return ends
    },
    get records() {
      return records
    },
    standing,
    at(partition, offset) {
      const found = standing(partition, offset)
      return found === 'record' || found === 'unknown' ? columns[partition]?.numbers[offset] : undefined
    },
    async advance() {
      const now = await endOffsets(kafka, topic)
      const ranges = now.map((to, partition) => ({ partition, from: ends[partition] ?? 0, to }))
      await readTopic(kafka, topic, ranges, put)
      ends = now
    },
  }
}
