import type { Kafka } from 'kafkajs'
import { endOffsets, readTopic } from './topic.js'

/** What Kafka has: the numbers that the producer sent, by partition and offset. */
export interface Truth {
  /** First offset of each partition that has not been read. */
  readonly ends: readonly number[]
  readonly records: number
  /** The number at an offset; undefined if Kafka has none. */
  at(partition: number, offset: number): number | undefined
  /** Reads what is new. */
  advance(): Promise<void>
}

const FIRST_CAPACITY = 4_096

export function createTruth(kafka: Kafka, topic: string): Truth {
  const numbers: Float64Array[] = []
  let ends: readonly number[] = []
  let records = 0

  function put(partition: number, offset: number, number: number): void {
    let column = numbers[partition] ?? new Float64Array(FIRST_CAPACITY).fill(-1)
    if (offset >= column.length) {
      const larger = new Float64Array(Math.max(offset + 1, column.length * 2)).fill(-1)
      larger.set(column)
      column = larger
    }
    column[offset] = number
    numbers[partition] = column
    records++
  }

  return {
    get ends() {
      return ends
    },
    get records() {
      return records
    },
    at(partition, offset) {
      const number = numbers[partition]?.[offset]
      return number === undefined || number < 0 ? undefined : number
    },
    async advance() {
      const now = await endOffsets(kafka, topic)
      const ranges = now.map((to, partition) => ({ partition, from: ends[partition] ?? 0, to }))
      await readTopic(kafka, topic, ranges, (partition, { key, offset }) => {
        put(partition, Number(offset), Number(String(key)))
      })
      ends = now
    },
  }
}
