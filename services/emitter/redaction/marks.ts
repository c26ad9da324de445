/**
 * Finds out whether bytes may hold a secret, in one pass: every form of a secret has a mark, a short text that it never
 * lacks. Most records have none, and cost one look into a table for each byte.
 */
export interface Marks {
  /** Whether one of the marks is in `bytes` from `start` to `end`. */
  found(bytes: Uint8Array, start: number, end: number): boolean
}

/** A URL with a password has `://`, and an `@` this many bytes later at most. */
const MAX_LOGIN_BYTES = 1_300

/** @param texts the marks in lower case, of two bytes at least. Case is ignored. */
export function createMarks(texts: readonly string[]): Marks {
  // The number of a group of marks with the same two first bytes, by these bytes.
  const groups = new Uint8Array(0x1_0000)
  const marks: Uint8Array[][] = [[]]
  for (const text of texts) {
    const mark = Buffer.from(text)
    const [first = 0, second = 0] = mark
    for (const one of bothCases(first)) {
      for (const two of bothCases(second)) {
        const pair = (one << 8) | two
        if (groups[pair] === 0) groups[pair] = marks.push([]) - 1
        marks[groups[pair] as number]?.push(mark)
      }
    }
  }

  return {
    found(bytes, start, end) {
      let before = 0
      for (let index = start; index < end; index++) {
        const byte = bytes[index] as number
        const group = groups[(before << 8) | byte] as number
        before = byte
        if (group !== 0 && marks[group]?.some((mark) => isAt(bytes, index - 1, end, mark))) return true
      }
      return false
    },
  }
}

function isAt(bytes: Uint8Array, start: number, end: number, mark: Uint8Array): boolean {
  if (start + mark.length > end) return false
  for (let index = 2; index < mark.length; index++) {
    const byte = bytes[start + index] as number
    if (byte !== mark[index] && lowerCase(byte) !== mark[index]) return false
  }
  return !isSchemeEnd(mark) || hasLogin(bytes, start + mark.length, end)
}

function isSchemeEnd(mark: Uint8Array): boolean {
  return mark.length === 3 && mark[0] === 0x3a && mark[1] === 0x2f && mark[2] === 0x2f
}

/** Whether an `@` ends the login of a URL before its path begins. */
function hasLogin(bytes: Uint8Array, start: number, end: number): boolean {
  const last = Math.min(end, start + MAX_LOGIN_BYTES)
  for (let index = start; index < last; index++) {
    const byte = bytes[index] as number
    if (byte === 0x40) return true
    if (byte === 0x2f || byte <= 0x20) return false
  }
  return false
}

function bothCases(byte: number): readonly number[] {
  return byte >= 0x61 && byte <= 0x7a ? [byte, byte - 0x20] : [byte]
}

function lowerCase(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte
}
