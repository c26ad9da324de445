import type { TailRecord } from './follow.js'

/** A column of the output: it shows the first of these fields that a record has. */
type Column = readonly string[]

/** The columns after the time, by stream. A stream without columns prints every field by name. */
const LAYOUTS: Readonly<Record<string, readonly Column[]>> = {
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

/** A column grows with its widest value, up to this width. A longer value shifts the rest of its line. */
const WIDEST = 32

const CODES = { dim: 2, red: 31, yellow: 33 } as const
type Paint = keyof typeof CODES

/** Colors by outcome. */
const OUTCOMES: Readonly<Record<string, Paint>> = { failure: 'red', challenge: 'yellow' }

/** Returns a function that formats a stream's records for a terminal: a line each, in aligned columns. */
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

function textOf(record: TailRecord, column: Column): string {
  const field = column.find((name) => record[name] !== undefined)
  return field === undefined ? '-' : plain(record[field])
}

function named({ time: _, ...fields }: TailRecord): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${plain(value)}`)
    .join(' ')
}

/**
 * A value as text that is safe to print. People who sign in choose some of it, so control characters, and those that
 * change the writing direction, are escaped.
 */
function plain(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? '')
  return text.replace(CONTROL_CHARACTERS, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

const CONTROL_CHARACTERS = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu
