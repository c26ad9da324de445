import {
  type Field,
  isJsonText,
  isText,
  maxBytesOf,
  readListText,
  type Stream,
} from '../../../../schemas/streams/index.js'
import { DAY_MICROS, timeFault } from '../../../../schemas/streams/time_range.js'
import type { FieldSpans } from '../columns/field_spans.js'
import type { Layout } from '../columns/layout.js'
import { type Fault, type Reason, reasons } from '../reasons.js'
import { ENDED, OVERLONG, Reader } from './reader.js'
import type { Source } from './source.js'

const EVENT_ID_BYTES = 16
const ABSENT = 0
const PRESENT = 1

/**
 * Walks data with the layout of a stream's newest schema: the event id, the time, then each field as a union of null
 * and text (see schemas/derive/avro.ts). The walk validates a record and fills its spans; it creates no object for a
 * valid record.
 *
 * The nil UUID is no event id: a producer that forgot to set one would send it with all of its records.
 */
export class Walk {
  readonly #reader = new Reader()
  readonly #names: readonly string[]
  /**
   * How many bytes of each field are stored. The rule depends on the text alone, so a replayed range stores the same.
   */
  readonly #maxStoredBytes: Int32Array
  readonly #maxBytes: Int32Array
  /** The fields that hold JSON, and what is wrong with a text that does not; most streams have none. */
  readonly #json: readonly JsonCheck[]

  constructor(
    stream: Stream,
    readonly spans: FieldSpans,
  ) {
    this.#names = stream.fields.map(({ name }) => name)
    this.#maxBytes = Int32Array.from(stream.fields, maxBytesOf)
    this.#maxStoredBytes = Int32Array.from(stream.fields, (field) => field.maxStoredBytes ?? maxBytesOf(field))
    this.#json = stream.fields.flatMap((field, index) => (isText(field) ? [] : [jsonCheck(field, index)]))
  }

  /**
   * Walks the datum from `start` to before `end` and fills the spans of row `row`. Returns what is wrong with the
   * datum, if anything is. `timestamp` is Kafka's, in milliseconds.
   */
  walk(source: Source, start: number, end: number, layout: Layout, row: number, timestamp: number): Fault | undefined {
    const { spans } = this
    const { bytes, view } = source
    const { starts, lengths, capacity } = spans
    const reader = this.#reader

    if (end - start < EVENT_ID_BYTES) return this.#fault('truncated', start, end, 'event_id')
    const nil = view.getInt32(start) | view.getInt32(start + 4) | view.getInt32(start + 8) | view.getInt32(start + 12)
    if (nil === 0) return this.#fault('nil_event_id', start, start, 'event_id')
    spans.eventIds[row] = start

    reader.open(bytes, start + EVENT_ID_BYTES, end)
    const time = reader.long()
    const untimely = timeFault(time, timestamp)
    if (untimely !== undefined) return this.#fault(numberFault(time) ?? untimely, start, start + EVENT_ID_BYTES, 'time')
    spans.times[row] = time

    const { fields, missing } = layout
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i] as number
      const slot = field * capacity + row
      const branch = reader.long()
      if (branch === ABSENT) {
        lengths[slot] = 0
        continue
      }
      if (branch !== PRESENT) {
        return this.#fault(numberFault(branch) ?? 'bad_union', start, reader.at, this.#names[field])
      }
      const length = reader.long()
      if (!(length >= 0 && length <= reader.left && length <= (this.#maxBytes[field] as number))) {
        return this.#fault(lengthFault(length, reader.left), start, reader.at, this.#names[field])
      }
      const text = reader.at
      if (!source.isText(text, text + length)) return this.#fault('invalid_utf8', start, text, this.#names[field])
      starts[slot] = text
      const most = this.#maxStoredBytes[field] as number
      lengths[slot] = length <= most ? length : charactersWithin(bytes, text, most)
      reader.at = text + length
    }
    for (let i = 0; i < missing.length; i++) lengths[(missing[i] as number) * capacity + row] = 0
    if (reader.left > 0) return this.#fault('trailing_bytes', start, reader.at)
    for (const { field, accepts, reason } of this.#json) {
      const slot = field * capacity + row
      const text = starts[slot] as number
      const length = lengths[slot] as number
      if (length > 0 && !accepts(source.textAt(text, text + length))) {
        return this.#fault(reason, start, text, this.#names[field])
      }
    }
    spans.days[row] = Math.floor(time / DAY_MICROS)
    return undefined
  }

  #fault(reason: Reason, start: number, at: number, field?: string): Fault {
    const where = field === undefined ? '' : ` Field ${field},`
    return { reason, detail: `${reasons[reason]}${where} byte ${at - start} of the datum.` }
  }
}

/** The check of a field that holds JSON. */
interface JsonCheck {
  readonly field: number
  readonly accepts: (text: string) => boolean
  readonly reason: Reason
}

function jsonCheck({ list = [], json }: Field, field: number): JsonCheck {
  if (json !== undefined) return { field, accepts: (text) => isJsonText(text, json), reason: 'bad_json' }
  return { field, accepts: (text) => readListText(text, list) !== undefined, reason: 'bad_list' }
}

/**
 * The length of the longest prefix of the UTF-8 text at `start` that has at most `most` bytes and ends after a
 * character.
 */
function charactersWithin(bytes: Uint8Array, start: number, most: number): number {
  let length = most
  while (isContinuation(bytes[start + length] as number)) length--
  return length
}

/** Whether a byte is one of a character that began before it. */
function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80
}

/** What is wrong with the encoding of a number. */
function numberFault(value: number): Reason | undefined {
  if (Object.is(value, ENDED)) return 'truncated'
  return value === OVERLONG ? 'bad_varint' : undefined
}

function lengthFault(length: number, left: number): Reason {
  const fault = numberFault(length)
  if (fault !== undefined) return fault
  if (length < 0) return 'bad_length'
  return length > left ? 'truncated' : 'field_too_large'
}
