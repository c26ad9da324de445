import { describeFault, InvalidRecordError, RecordRejectedError } from '../emitter/index.js'
import { ByteLimiter } from './byte_limiter.js'
import type { Line } from './lines.js'

/** The result of publishing an input. */
export interface PublishResult {
  /** Lines whose record Kafka has acknowledged. */
  readonly accepted: number
  /** Lines that are not valid records. */
  readonly rejected: number
  /** Set when Kafka failed: the last line that was read. No line after it was sent. */
  readonly stoppedAfter?: number
}

export interface PublishOptions {
  /** Resolves when Kafka has acknowledged the record. */
  readonly publish: (record: object) => Promise<unknown>
  /** Called for each line that was not accepted, with the reason. */
  readonly onRejected: (line: number, reason: string) => void
  /** How many bytes of lines may wait for Kafka at once. */
  readonly maxBytesInFlight: number
}

/** Publishes one record for each line of JSON. Skips blank lines. */
export async function publishLines(
  lines: AsyncIterable<Line>,
  { publish, onRejected, maxBytesInFlight }: PublishOptions,
): Promise<PublishResult> {
  const limiter = new ByteLimiter(maxBytesInFlight)
  let accepted = 0
  let rejected = 0
  let failed = false
  let last = 0

  const rejectLine = (line: number, reason: string): void => {
    rejected += 1
    onRejected(line, reason)
  }

  const publishOne = async (line: number, record: object, size: number): Promise<void> => {
    try {
      await publish(record)
      accepted += 1
    } catch (error) {
      if (error instanceof InvalidRecordError) rejectLine(line, error.faults.map(describeFault).join('; '))
      else if (error instanceof RecordRejectedError) rejectLine(line, `Kafka refuses it (${error.kafkaError})`)
      else {
        failed = true
        onRejected(line, 'Kafka did not acknowledge the record')
      }
    } finally {
      limiter.release(size)
    }
  }

  for await (const line of lines) {
    if (failed) break
    last = line.number
    if ('fault' in line) rejectLine(line.number, line.fault)
    else if (line.text.trim() !== '') {
      const record = parse(line.text)
      if (record === undefined) rejectLine(line.number, 'is not a JSON object')
      else {
        await limiter.acquire(line.text.length)
        publishOne(line.number, record, line.text.length)
      }
    }
  }
  await limiter.acquire(Number.POSITIVE_INFINITY)
  return failed ? { accepted, rejected, stoppedAfter: last } : { accepted, rejected }
}

function parse(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}
