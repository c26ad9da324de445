import { authAudits } from '../../../schemas/streams/index.js'
import { uuidText } from '../../../schemas/streams/uuid.js'
import { recordEncoder } from '../../../services/emitter/record/encode.js'
import { mix } from '../random.js'
import { type Poison, poisons } from './poison.js'

/** What the producer sends for a number: a record or an invalid one. Equal for equal seed, number and base. */
export type Content =
  | { readonly kind: 'record'; readonly record: ExpectedRecord }
  | { readonly kind: 'poison'; readonly poison: Poison; readonly record: ExpectedRecord }

/** A record as it must be stored in the table. */
export interface ExpectedRecord {
  readonly eventId: Buffer
  /** Microseconds since 1970. */
  readonly time: number
  readonly fields: Readonly<Record<string, string>>
}

export interface Contents {
  of(number: number): Content
  isPoison(number: number): boolean
  /** Makes the numbers from `from` up to `to`, exclusive, invalid. */
  addBurst(from: number, to: number): void
  /** The bytes that go to Kafka; null for a record without a value. */
  encode(content: Content): Buffer | null
}

const DAY_MICROS = 24 * 60 * 60 * 1_000_000
const DAYS_BACK = 40
/**
 * Late records come in groups of this size, from a few days each. Most invalid records come in groups too, in the
 * middle of ranges.
 */
const SPELL = 200

/** `baseMs` is about now: records must not be older than the retention, nor ahead of Kafka's clock. */
export function createContents(seed: number, baseMs: number): Contents {
  const { encode: encodeRecord } = recordEncoder(authAudits)

  function record(number: number): ExpectedRecord {
    const hash = (salt: number) => mix(seed, number, salt)
    const spell = Math.floor(number / SPELL)
    const late = mix(seed, spell, 1) % 8 === 0
    const daysBack = late ? (mix(seed, spell, 2) + (hash(3) % 5) * 7) % DAYS_BACK : hash(3) % 500 === 0 ? 1 : 0
    const optional = (name: string, salt: number, value: string) => (hash(salt) % 4 === 0 ? {} : { [name]: value })
    return {
      eventId: eventId(seed, number),
      time: baseMs * 1000 - daysBack * DAY_MICROS - (hash(4) % 3_600_000_000),
      fields: {
        user_id: `user-${hash(5) % 5_000}`,
        org_id: `org-${hash(6) % 20}`,
        event: EVENTS[hash(7) % EVENTS.length] as string,
        stage: STAGES[hash(8) % STAGES.length] as string,
        trace_id: `trace-${number >> 2}`,
        source_ip: `192.0.2.${hash(9) % 256}`,
        ...optional('upstream_user_id', 10, `user-${hash(5) % 5_000}@example.com`),
        ...optional('org_name', 11, `Größe & Söhne № ${hash(6) % 20} 🏛`),
        ...optional('user_agent', 12, `agent/${hash(12) % 30}`),
        ...optional('session', 13, `session-${hash(13)}`),
      },
    }
  }

  const bursts: (readonly [number, number])[] = []
  const isInBurst = (number: number) => bursts.some(([from, to]) => number >= from && number < to)

  function isPoison(number: number): boolean {
    if (isInBurst(number)) return true
    const spell = mix(seed, Math.floor(number / SPELL), 14) % 60 === 0
    return mix(seed, number, 15) % (spell ? 6 : 1_000) === 0
  }

  return {
    isPoison,
    addBurst: (from, to) => void bursts.push([from, to]),
    of(number) {
      // In a burst all are short, so that many fit one range.
      const kinds = isInBurst(number) ? poisons.filter(({ reason }) => reason !== 'record_too_large') : poisons
      const kind = kinds[mix(seed, number, 16) % kinds.length] as Poison
      return isPoison(number)
        ? { kind: 'poison', poison: kind, record: record(number) }
        : { kind: 'record', record: record(number) }
    },
    encode(content) {
      const value = encodeRecord(content.record)
      return content.kind === 'record' ? value : content.poison.spoil(value, encodeRecord, content.record)
    },
  }
}

const EVENTS = ['Success', 'Failure', 'Challenge']
const STAGES = ['Login', 'Consent', 'Token', 'Second factor']

/** Starts with the seed and ends with the number in its last six bytes. */
function eventId(seed: number, number: number): Buffer {
  const id = Buffer.alloc(16)
  id.writeUInt32BE(mix(seed, 17), 0)
  id.writeUInt16BE(0x7000, 6)
  id.writeUInt16BE(0x8000, 8)
  id.writeUIntBE(number, 10, 6)
  return id
}

/** The event id of a number, as text. */
export function eventIdText(seed: number, number: number): string {
  return uuidText(eventId(seed, number))
}
