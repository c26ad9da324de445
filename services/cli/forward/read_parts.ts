import type { Stream } from '../../../schemas/streams/index.js'
import { type Reading, type RecordReading, ShapeError, STREAMS } from '../../collector/sources/source.js'
import { enforceFieldLimits } from '../../collector/webhooks/field_limits.js'
import type { Part } from '../publish_lines.js'

/** A record and the stream that it belongs to. */
export interface StreamRecord {
  readonly stream: Stream
  readonly record: RecordReading['record']
}

/** Turns what a source reads into parts of a line, within the limits of its webhooks. `now` is in milliseconds. */
export function partsOf(
  read: (text: string) => readonly Reading[],
  now: () => number,
): (text: string) => readonly Part<StreamRecord>[] {
  return (text) => {
    try {
      return read(text).map((reading) => partOf(reading, now()))
    } catch (error) {
      if (error instanceof ShapeError) return [fault(error.faults)]
      if (error instanceof SyntaxError) return [fault(['is not JSON'])]
      throw error
    }
  }
}

function partOf(reading: Reading, now: number): Part<StreamRecord> {
  if (reading.is === 'ignored') return { is: 'ignored' }
  if (reading.is === 'faulty') return fault(reading.faults)
  const stream = STREAMS[reading.is]
  const { record, faults } = enforceFieldLimits(stream, reading.record, now)
  if (faults.length > 0) return fault(faults)
  return { is: 'record', record: { stream, record } }
}

function fault(faults: readonly string[]): Part<StreamRecord> {
  return { is: 'fault', fault: faults.join('; ') }
}
