/** Random text shorter than this may be an id: UUIDs, ULIDs and KSUIDs are. */
const MIN_LENGTH = 32
/** Base64 of random bytes has few slashes; a path has many. */
const MAX_SLASHES = 2
/**
 * The share of neighbors of different classes, but for a capital before a small letter: 0.47 in random base64, and at
 * most 0.2 in words written together.
 */
const MIN_CHANGES = 0.25

/** What follows `=` has a name, which says more than the text. */
const RUN = /(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{32,}={0,2}/g

/**
 * Whether text is random base64 or letters and digits of both cases, as keys are. A hash or a UUID is not: hexadecimal
 * digits have one case.
 */
export function isRandom(text: string): boolean {
  if (text.length < MIN_LENGTH) return false
  let changes = 0
  let slashes = 0
  let seen = 0
  let before = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    const group = classOf(code)
    if (code === 0x2f) slashes++
    if (group !== before && !(before === 2 && group === 1)) changes++
    seen |= group
    before = group
  }
  return (seen & 7) === 7 && slashes <= MAX_SLASHES && changes >= text.length * MIN_CHANGES
}

/** Lower case 1, upper case 2, digit 4, anything else 8. */
function classOf(code: number): number {
  if (code >= 0x61 && code <= 0x7a) return 1
  if (code >= 0x41 && code <= 0x5a) return 2
  return code >= 0x30 && code <= 0x39 ? 4 : 8
}

/** Replaces the random parts of text in which no id belongs. */
export function replaceRandom(text: string, replacement: () => string): string {
  if (!hasLongRun(text)) return text
  return text.replace(RUN, (run) => (isRandom(run) ? replacement() : run))
}

/** A run covers one of the places that are as far apart as it is long, so that the others need no look. */
function hasLongRun(text: string): boolean {
  for (let place = MIN_LENGTH - 1; place < text.length; place += MIN_LENGTH) {
    let from = place
    while (from >= 0 && from > place - MIN_LENGTH && isRunAt(text, from)) from--
    // The run is between these two.
    let to = place + 1
    while (to - from <= MIN_LENGTH && to < text.length && isRunAt(text, to)) to++
    if (to - from > MIN_LENGTH) return true
  }
  return false
}

function isRunAt(text: string, index: number): boolean {
  const code = text.charCodeAt(index)
  return classOf(code) < 8 || code === 0x2b || code === 0x2d || code === 0x2f || code === 0x5f
}

/** Whether text is a word or some: letters, perhaps with a capital first, joined by hyphens. A secret rarely is. */
export function isProse(text: string): boolean {
  return /^(?:[A-Za-z]?[a-z']+|[A-Z]+)(?:[-_/](?:[A-Za-z]?[a-z']+|[A-Z]+))*$/.test(text)
}
