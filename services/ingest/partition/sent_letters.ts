import type { Origin } from './dead_letters.js'
import type { Range } from './range/range.js'

/**
 * How many dead letters of the current range Kafka has. A halted partition stores its range again and again, and sends
 * the letters once. Another worker that takes over sends them again: their keys make that harmless.
 */
export class SentLetters {
  #range = ''
  #count = 0

  count(origin: Origin, range: Pick<Range, 'first' | 'last'>): number {
    return this.#range === nameOf(origin, range) ? this.#count : 0
  }

  /** Notes that Kafka has the first `count` letters. */
  note(origin: Origin, range: Pick<Range, 'first' | 'last'>, count: number): void {
    this.#range = nameOf(origin, range)
    this.#count = count
  }
}

function nameOf({ topicId }: Origin, { first, last }: Pick<Range, 'first' | 'last'>): string {
  return `${topicId} ${first} ${last}`
}
