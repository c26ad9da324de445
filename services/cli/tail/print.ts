import type { TailRecord } from './follow.js'

/** What a line shows in a place: the first of these fields that a record has. */
type Cell = readonly string[]

/** The places of a stream’s line after the time. Of a stream that has none, every field is shown by name. */
const LAYOUTS: Readonly<Record<string, readonly Cell[]>> = {
  auth_audits: [
    ['stage'],
    ['event'],
    ['upstream_user_id', 'user_id'],
    ['source_ip'],
    ['application_name', 'client_id'],
    ['org_name', 'org_id'],
  ],
  audits: [
    ['action'],
    ['target_resource_type'],
    ['target_resource_name', 'target_id'],
    ['user_email', 'user_id'],
    ['source_ip'],
    ['api_name'],
    ['org_id'],
  ],
}

/** A place grows with what it has to show, up to this; what is longer moves the rest of its own line. */
const WIDEST = 32

const CODES = { dim: 2, red: 31, yellow: 33 } as const
type Paint = keyof typeof CODES

/** What should catch the eye, by how a sign-in went. */
const OUTCOMES: Readonly<Record<string, Paint>> = { failure: 'red', challenge: 'yellow' }

/** Returns what writes a stream's records for people, a line each, its places below each other. */
export function lineWriter(stream: string, colored: boolean): (record: TailRecord) => string {
  const layout = LAYOUTS[stream]
  const widths: number[] = []

  function paint(text: string, color: Paint | undefined): string {
    return colored && color !== undefined && text !== '' ? `\u001b[${CODES[color]}m${text}\u001b[0m` : text
  }

  return (record) => {
    const texts = layout === undefined ? [named(record)] : layout.map((cell) => textOf(record, cell))
    const outcome = OUTCOMES[String(record.outcome)]
    const cells = texts.map((text, index) => {
      widths[index] = Math.min(WIDEST, Math.max(widths[index] ?? 0, text.length))
      const isLast = index === texts.length - 1
      const gap = isLast ? '' : ' '.repeat(Math.max(0, widths[index] - text.length))
      return paint(text, outcome) + gap
    })
    return [paint(plain(record.time), 'dim'), ...cells].join('  ').trimEnd()
  }
}

function textOf(record: TailRecord, cell: Cell): string {
  const field = cell.find((name) => record[name] !== undefined)
  return field === undefined ? '-' : plain(record[field])
}

function named({ time: _, ...fields }: TailRecord): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${plain(value)}`)
    .join(' ')
}

/**
 * A value as text that a terminal only shows. Whoever signs in may choose what stands in a record, so control characters, and those
 * that turn the direction of writing, are written as their numbers.
 */
function plain(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? '')
  return text.replace(COMMANDS, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

const COMMANDS = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu
