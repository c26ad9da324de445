import { readJsonText } from '../../schemas/streams/index.js'
import { describeFault, InvalidRecordError, RecordRejectedError } from '../emitter/index.js'
import { ByteLimiter } from './byte_limiter.js'
import type { Line } from './lines.js'

/** The result of publishing an input. */
export interface PublishResult {
  /** Records that Kafka has acknowledged. */
  readonly accepted: number
  /** What is no valid record. */
  readonly rejected: number
  /** Lines, and events within lines, that make no record. */
  readonly ignored: number
  /** Set when Kafka failed: the last line that was read. No line after it was sent. */
  readonly stoppedAfter?: number
}

/** A part of a line: a record to publish, or why there is none. */
export type Part<R> =
  | { readonly is: 'record'; readonly record: R }
  | { readonly is: 'fault'; readonly fault: string }
  | { readonly is: 'ignored' }

export interface PublishOptions<R> {
  /** What a line means. It does not throw. */
  readonly read: (text: string) => readonly Part<R>[]
  /** Resolves when Kafka has acknowledged the record. */
  readonly publish: (record: R) => Promise<unknown>
  /** Called for each part that was not accepted, with the number of its line and the reason. */
  readonly onRejected: (line: number, reason: string) => void
  /** Called after each line. */
  readonly onLine?: (counts: Omit<PublishResult, 'stoppedAfter'>) => void
  /** How many bytes of lines may wait for Kafka at once. */
  readonly maxBytesInFlight: number
}

/** Publishes the records of each line. Skips blank lines. Resolves when Kafka has acknowledged all that it accepts. */
export async function publishLines<R>(
  lines: AsyncIterable<Line>,
  { read, publish, onRejected, onLine, maxBytesInFlight }: PublishOptions<R>,
): Promise<PublishResult> {
  const limiter = new ByteLimiter(maxBytesInFlight)
  const counts = { accepted: 0, rejected: 0, ignored: 0 }
  let failed = false
  let last = 0

  const reject = (line: number, reason: string): void => {
    counts.rejected += 1
    onRejected(line, reason)
  }

  const publishOne = async (line: number, record: R): Promise<void> => {
    try {
      await publish(record)
      counts.accepted += 1
    } catch (error) {
      if (error instanceof InvalidRecordError) reject(line, error.faults.map(describeFault).join('; '))
      else if (error instanceof RecordRejectedError) reject(line, `Kafka refuses it (${error.kafkaError})`)
      else {
        failed = true
        onRejected(line, 'Kafka did not acknowledge the record')
      }
    }
  }

  const publishLine = async (line: number, text: string): Promise<void> => {
    const sends: Promise<void>[] = []
    for (const part of read(text)) {
      if (part.is === 'record') sends.push(publishOne(line, part.record))
      else if (part.is === 'fault') reject(line, part.fault)
      else counts.ignored += 1
    }
    await Promise.all(sends)
    limiter.release(text.length)
  }

  for await (const line of lines) {
    if (failed) break
    last = line.number
    if ('fault' in line) reject(line.number, line.fault)
    else if (line.text.trim() !== '') {
      await limiter.acquire(line.text.length)
      publishLine(line.number, line.text)
    }
    onLine?.(counts)
  }
  await limiter.acquire(Number.POSITIVE_INFINITY)
  return failed ? { ...counts, stoppedAfter: last } : counts
}

/** The part of a line that is one record in JSON. */
export function readJsonRecord(text: string): readonly Part<object>[] {
  const value = readJsonText(text)
  return [value === undefined ? { is: 'fault', fault: 'is not a JSON object' } : { is: 'record', record: value }]
}
