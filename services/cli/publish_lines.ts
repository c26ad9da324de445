import { InvalidRecordError } from '../emitter/index.js'
import type { Line } from './lines.js'
import { Window } from './window.js'

/** What became of an input. */
export interface Outcome {
  /** Lines whose record Kafka has acknowledged. */
  readonly accepted: number
  /** Lines that can never be accepted as they are. */
  readonly refused: number
  /** The last line that was read before Kafka failed, where it did; those after it were not tried. */
  readonly abandonedAfter?: number
}

export interface Publishing {
  /** Resolves when Kafka has acknowledged the record. */
  readonly publish: (record: object) => Promise<unknown>
  /** Told of each line that was not accepted, and why. */
  readonly refuse: (line: number, reason: string) => void
  /** How many bytes of lines may be under way at once. */
  readonly windowBytes: number
}

/** Publishes one record for each line of JSON. Lines that are blank are passed over. */
export async function publishLines(
  lines: AsyncIterable<Line>,
  { publish, refuse, windowBytes }: Publishing,
): Promise<Outcome> {
  const window = new Window(windowBytes)
  let accepted = 0
  let refused = 0
  let failed = false
  let last = 0

  const refuseLine = (line: number, reason: string): void => {
    refused += 1
    refuse(line, reason)
  }

  const publishOne = async (line: number, record: object, size: number): Promise<void> => {
    try {
      await publish(record)
      accepted += 1
    } catch (error) {
      if (error instanceof InvalidRecordError) refuseLine(line, reasons(error))
      else {
        failed = true
        refuse(line, 'was not acknowledged by Kafka')
      }
    } finally {
      window.leave(size)
    }
  }

  for await (const line of lines) {
    if (failed) break
    last = line.number
    if ('fault' in line) refuseLine(line.number, line.fault)
    else if (line.text.trim() !== '') {
      const record = parse(line.text)
      if (record === undefined) refuseLine(line.number, 'is not a JSON object')
      else {
        await window.enter(line.text.length)
        publishOne(line.number, record, line.text.length)
      }
    }
  }
  await window.enter(Number.POSITIVE_INFINITY)
  return failed ? { accepted, refused, abandonedAfter: last } : { accepted, refused }
}

function parse(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

function reasons({ faults }: InvalidRecordError): string {
  return faults.map(({ field, message }) => (field === '' ? message : `${field} ${message}`)).join('; ')
}
