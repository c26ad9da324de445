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

/** A field's text, with A to Z in lower case, matches an expression (see `patternsExpression`). */
export interface PatternCondition {
  readonly field: string
  readonly expression: string
}

/** The conditions of a rule's `when`; all must hold. */
export function patternConditions(when: Readonly<Record<string, readonly string[]>>): readonly PatternCondition[] {
  return Object.entries(when).map(([field, patterns]) => ({ field, expression: patternsExpression(patterns) }))
}

/** The function that says whether all of the conditions hold for a record. */
export function patternMatcher(
  conditions: readonly PatternCondition[],
): (record: Readonly<Record<string, unknown>>) => boolean {
  const compiled = conditions.map(({ field, expression }) => ({ field, expression: new RegExp(expression, 's') }))
  return (record) =>
    compiled.every(({ field, expression }) => {
      const text = record[field]
      return typeof text === 'string' && expression.test(lowerAscii(text))
    })
}

/**
 * The same as SQL, one expression for each condition. `literal` returns the SQL of a text: a query parameter, or quoted
 * text; `name` is a different one for each text of a statement and begins with `prefix`. ClickHouse matches a column of
 * low cardinality once for each distinct value of a block.
 */
export function patternSql(
  conditions: readonly PatternCondition[],
  prefix: string,
  literal: (text: string, name: string) => string,
): readonly string[] {
  return conditions.map(
    ({ field, expression }) => `match(lower(${field}), ${literal(`(?s)${expression}`, `${prefix}_${field}`)})`,
  )
}
