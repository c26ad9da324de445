import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type AbortedTransaction, markAborted } from './aborted_transactions.js'
import type { RecordBatch } from './record_batch.js'

type Step = { readonly producer: number; readonly act: 'send' | 'commit' | 'abort' | 'plain' }

/** A log of one-record batches, which of them are of aborted transactions, and those transactions. */
function logOf(steps: readonly Step[]) {
  const log: RecordBatch[] = []
  const aborted: (AbortedTransaction & { readonly end: number })[] = []
  const lost = new Set<number>()
  const open = new Map<number, number[]>()
  const append = (producer: number, content: RecordBatch['content'], transactional: boolean) => {
    const offset = log.length
    const header = { firstOffset: offset, lastOffset: offset, count: 1, firstTimestamp: 0, appendedAt: undefined }
    const bytes = { codec: 0, bytes: Buffer.alloc(0), records: Buffer.alloc(0) }
    log.push({ ...header, ...bytes, content, producerId: BigInt(producer), transactional })
    return offset
  }
  // Kafka returns nothing behind the start of an open transaction, so all of them end.
  const ended = [1, 2, 3].flatMap((producer) => [{ producer, act: 'abort' } as const])
  for (const { producer, act } of [...steps, ...ended]) {
    if (act === 'plain') append(producer, 'records', false)
    else if (act === 'send') {
      const offsets = open.get(producer) ?? []
      open.set(producer, [...offsets, append(producer, 'records', true)])
    } else if (open.has(producer)) {
      const offsets = open.get(producer) as number[]
      const end = append(producer, 'control', true)
      open.delete(producer)
      if (act === 'commit') continue
      for (const offset of offsets) lost.add(offset)
      aborted.push({ producerId: BigInt(producer), firstOffset: offsets[0] as number, end })
    }
  }
  return { log, aborted, lost }
}

const steps = fc.array(
  fc.record({
    producer: fc.constantFrom(1, 2, 3),
    act: fc.constantFrom('send', 'send', 'send', 'commit', 'abort', 'plain') as fc.Arbitrary<Step['act']>,
  }),
  { maxLength: 60 },
)

it('marks exactly the records of aborted transactions, wherever the fetch begins and ends', () => {
  fc.assert(
    fc.property(steps, fc.nat(), fc.nat(), (given, one, other) => {
      const { log, aborted, lost } = logOf(given)
      const [from, to] = [one % (log.length + 1), other % (log.length + 1)].sort((a, b) => a - b) as [number, number]
      const fetched = log.slice(from, to)
      // Kafka lists the aborted transactions that overlap with the fetch.
      const listed = aborted.filter(({ firstOffset, end }) => firstOffset < to && end >= from)
      const marked = markAborted(fetched, listed).filter(({ content }) => content === 'aborted')
      expect(marked.map(({ firstOffset }) => firstOffset)).toEqual(
        fetched.map(({ firstOffset }) => firstOffset).filter((offset) => lost.has(offset)),
      )
    }),
    { numRuns: 2_000 },
  )
})
