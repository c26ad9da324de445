/** A record with lists is four deep. */
export const MAX_DEPTH = 64

const QUOTE = 0x22
const BACKSLASH = 0x5c

/**
 * Whether JSON nests deeper than any record. `JSON.parse` takes half a second for four million brackets, and nothing
 * else is done in that time; this takes a few milliseconds for a body of any kind.
 */
export function nestsTooDeep(json: Uint8Array): boolean {
  let depth = 0
  let isText = false
  for (let at = 0; at < json.length; at++) {
    const byte = json[at] as number
    if (isText) {
      if (byte === BACKSLASH) at++
      else if (byte === QUOTE) isText = false
    } else if (byte === QUOTE) isText = true
    // `{` differs from `[` in one bit, and so does `}` from `]`.
    else if ((byte & 0xdf) === 0x5b) {
      depth++
      if (depth > MAX_DEPTH) return true
    } else if ((byte & 0xdf) === 0x5d) depth--
  }
  return false
}
