import { MAX_RECORD_BYTES } from '../../../schemas/streams/index.js'
import type { Reason } from '../../../services/ingest/transcode/reasons.js'
import type { ExpectedRecord } from './content.js'

/** A way to make an invalid record, and the reason that its dead letter must have. */
export interface Poison {
  readonly reason: Reason
  spoil(value: Buffer, encode: (record: ExpectedRecord) => Buffer, record: ExpectedRecord): Buffer | null
}

/** The marker and the fingerprint before the datum. */
const FRAMING_BYTES = 10
const EVENT_ID_BYTES = 16
const DAY_MICROS = 24 * 60 * 60 * 1_000_000

export const poisons: readonly Poison[] = [
  { reason: 'no_value', spoil: () => null },
  { reason: 'unknown_framing', spoil: (value) => value.fill(0x7f, 0, 2) },
  { reason: 'unknown_framing', spoil: () => Buffer.alloc(0) },
  { reason: 'unknown_fingerprint', spoil: (value) => value.fill(0x55, 2, FRAMING_BYTES) },
  { reason: 'no_registry', spoil: () => Buffer.from([0, 0, 0, 0, 7, 2, 4]) },
  { reason: 'truncated', spoil: (value) => value.subarray(0, value.length - 1) },
  { reason: 'trailing_bytes', spoil: (value) => Buffer.concat([value, Buffer.from([0])]) },
  {
    reason: 'record_too_large',
    spoil: (value) => Buffer.concat([value, Buffer.alloc(MAX_RECORD_BYTES)]),
  },
  { reason: 'nil_event_id', spoil: (value) => value.fill(0, FRAMING_BYTES, FRAMING_BYTES + EVENT_ID_BYTES) },
  {
    reason: 'time_too_late',
    spoil: (_value, encode, record) => encode({ ...record, time: record.time + 400 * DAY_MICROS }),
  },
  {
    reason: 'time_too_early',
    spoil: (_value, encode, record) => encode({ ...record, time: record.time - 3_700 * DAY_MICROS }),
  },
  {
    reason: 'invalid_utf8',
    // The first field is text whose first byte follows its union branch and its length.
    spoil: (value, encode, record) => {
      const at = encode(record).indexOf(record.fields.user_id as string)
      return value.fill(0xff, at, at + 1)
    },
  },
]
