import { checkCount, type ReadRecord, unreadable } from './read_record.js'

const NEWLINE = 0x0a

/** The records of a JSON document: one, or an array of them. @throws {Problem} 400 or 413 */
export function readJson(body: Buffer): readonly ReadRecord[] {
  const value = parse(body)
  if (value === undefined) throw unreadable('it must be JSON in UTF-8')
  const records = Array.isArray(value) ? value : [value]
  checkCount(records.length)
  return records.map((record) => ({ record }))
}

/** The records of lines of JSON; blank lines are skipped. A line that is not JSON is a fault of that record. */
export function readLines(body: Buffer): readonly ReadRecord[] {
  const records: ReadRecord[] = []
  for (let from = 0; from < body.length; ) {
    const newline = body.indexOf(NEWLINE, from)
    const end = newline === -1 ? body.length : newline
    const line = body.subarray(from, end)
    from = end + 1
    if (isBlank(line)) continue
    checkCount(records.length + 1)
    const record = parse(line)
    records.push(
      record === undefined ? { faults: [{ field: '', message: 'must be a line of JSON in UTF-8' }] } : { record },
    )
  }
  return records
}

function isBlank(line: Buffer): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d)
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The value, or undefined if the bytes are not JSON in UTF-8. */
function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(bytes))
  } catch {
    return undefined
  }
}
