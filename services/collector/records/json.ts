import { MAX_DEPTH, nestsTooDeep } from './nesting.js'
import { checkCount, type ReadRecord, unreadable } from './read_record.js'

const NEWLINE = 0x0a
const EXPECTED = `JSON in UTF-8, nested at most ${MAX_DEPTH} deep`

/** The records of a JSON document: one, or an array of them. @throws {Problem} 400 or 413 */
export function readJson(body: Buffer): readonly ReadRecord[] {
  const value = parse(body)
  if (value === undefined) throw unreadable(`it must be ${EXPECTED}`)
  const records = Array.isArray(value) ? value : [value]
  checkCount(records.length)
  return records.map((record) => ({ record }))
}

/** The records of lines of JSON; blank lines are skipped. A line that is not JSON is a fault of that record. */
export function readLines(body: Buffer): readonly ReadRecord[] {
  const records: ReadRecord[] = []
  for (let from = textAt(body, 0), end = 0; from < body.length; from = textAt(body, end)) {
    const newline = body.indexOf(NEWLINE, from)
    end = newline === -1 ? body.length : newline
    checkCount(records.length + 1)
    const record = parse(body.subarray(from, end))
    records.push(
      record === undefined ? { faults: [{ field: '', message: `must be a line of ${EXPECTED}` }] } : { record },
    )
  }
  return records
}

/** The position of the first byte from `start` on that is neither a blank nor a line's end. */
function textAt(body: Buffer, start: number): number {
  let at = start
  while (at < body.length && isBlank(body[at] as number)) at++
  return at
}

function isBlank(byte: number): boolean {
  return byte === NEWLINE || byte === 0x20 || byte === 0x09 || byte === 0x0d
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The value, or undefined if the bytes are not JSON in UTF-8, or nest too deep. */
function parse(bytes: Buffer): unknown {
  if (nestsTooDeep(bytes)) return undefined
  try {
    return JSON.parse(utf8.decode(bytes))
  } catch {
    return undefined
  }
}
