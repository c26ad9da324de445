/** Only A to Z: other case mappings differ between versions of Unicode, and so between Node.js and ClickHouse. */
export function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

/**
 * A regular expression of the texts, in lower case, that match one of the patterns. It means the same in JavaScript
 * (with the flag `s`) and in RE2 (with `(?s)`).
 */
export function patternsExpression(patterns: readonly string[]): string {
  // Programs pad their words and end them with a full stop.
  return `^[ \\t]*(?:${patterns.map(patternExpression).join('|')})[ \\t.!]*$`
}

/** A blank, `_` and `-` match each other: `wrong password`, `WRONG_PASSWORD` and `wrong-password` are one. */
const SEPARATOR = '[ _-]'

function patternExpression(pattern: string): string {
  // At least one character: an absent field is empty text in ClickHouse.
  if (/^\*+$/.test(pattern)) return '.+'
  return lowerAscii(pattern)
    .split(/\*+/)
    .map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&').replace(/[ _-]/g, SEPARATOR))
    .join('.*')
}
