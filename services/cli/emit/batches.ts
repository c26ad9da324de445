import { uuidv7 } from 'uuidv7'
import { isAbsent } from '../../../schemas/streams/absent.js'
import { readJsonText, type Stream } from '../../../schemas/streams/index.js'
import type { Line } from '../lines.js'
import { withoutDerived } from './exported.js'

/** Records that are sent in one request. */
export interface Batch {
  /** The numbers of the records' lines. */
  readonly lines: readonly number[]
  /** Each record as JSON, with an id and a time: a request that is sent again stores nothing twice. */
  readonly records: readonly string[]
}

/** A line without a record, and why. */
export interface FaultyLine {
  readonly line: number
  readonly reason: string
}

/** Far less than the collector takes at once, so that a request is short. */
const MAX_RECORDS = 1_000
const MAX_BYTES = 1024 * 1024

/** Puts lines of JSON into batches. Skips blank lines. A faulty line is returned between them. */
export async function* batchesOf(lines: AsyncIterable<Line>, stream: Stream): AsyncGenerator<Batch | FaultyLine> {
  let numbers: number[] = []
  let records: string[] = []
  let bytes = 0
  for await (const line of lines) {
    const read = recordOf(line, stream)
    if (read === undefined) continue
    if ('reason' in read) {
      yield read
      continue
    }
    const size = Buffer.byteLength(read.record)
    if (records.length > 0 && (records.length === MAX_RECORDS || bytes + size > MAX_BYTES)) {
      yield { lines: numbers, records }
      numbers = []
      records = []
      bytes = 0
    }
    numbers.push(line.number)
    records.push(read.record)
    bytes += size
  }
  if (records.length > 0) yield { lines: numbers, records }
}

function recordOf(line: Line, stream: Stream): { readonly record: string } | FaultyLine | undefined {
  if ('fault' in line) return { line: line.number, reason: line.fault }
  if (line.text.trim() === '') return undefined
  const given = readJsonText(line.text)
  if (given === undefined) return { line: line.number, reason: 'is not a JSON object' }
  const { event_id, time } = given
  return {
    record: JSON.stringify({
      ...withoutDerived(stream, given),
      event_id: isAbsent(event_id) ? uuidv7() : event_id,
      time: isAbsent(time) ? new Date().toISOString() : time,
    }),
  }
}
