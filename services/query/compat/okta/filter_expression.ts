import { ParameterError } from '../../parameters/given_parameters.js'

/** An expression of Okta's parameter `filter`: comparisons, and how they combine. */
export type FilterExpression =
  | { readonly and: readonly FilterExpression[] }
  | { readonly or: readonly FilterExpression[] }
  | Comparison

export interface Comparison {
  readonly path: string
  readonly operator: Operator
  readonly value: string
}

/** `eq`: the value is the whole text. `sw`: the text starts with it. */
export type Operator = 'eq' | 'sw'

const MAX_LENGTH = 4_096
const MAX_COMPARISONS = 30
const MAX_DEPTH = 20

const ADVICE =
  'Write comparisons such as eventType eq "user.session.start", with eq or sw, combined with and, or and ( ).'

/**
 * Reads an expression. `and` binds stronger than `or`; operators may be in upper case; a value is a JSON string.
 *
 * @throws {ParameterError} for any other text
 */
export function readFilterExpression(text: string): FilterExpression {
  if (text.length > MAX_LENGTH) throw new ParameterError(`may be at most ${MAX_LENGTH} characters long.`)
  const tokens = tokensOf(text)
  let next = 0
  let comparisons = 0
  const expression = disjunction(0)
  if (next < tokens.length) throw unexpected(tokens[next])
  return expression

  function disjunction(depth: number): FilterExpression {
    const parts = series('or', () => conjunction(depth))
    return parts.length === 1 ? (parts[0] as FilterExpression) : { or: parts }
  }

  function conjunction(depth: number): FilterExpression {
    const parts = series('and', () => primary(depth))
    return parts.length === 1 ? (parts[0] as FilterExpression) : { and: parts }
  }

  /** What `read` reads, once or more, with the word between. */
  function series(word: string, read: () => FilterExpression): readonly FilterExpression[] {
    const parts = [read()]
    while (tokens[next]?.toLowerCase() === word) {
      next += 1
      parts.push(read())
    }
    return parts
  }

  function primary(depth: number): FilterExpression {
    if (depth > MAX_DEPTH) throw new ParameterError(`may have at most ${MAX_DEPTH} ( within each other.`)
    if (tokens[next] !== '(') return comparison()
    next += 1
    const inner = disjunction(depth + 1)
    if (tokens[next] !== ')') throw unexpected(tokens[next])
    next += 1
    return inner
  }

  function comparison(): Comparison {
    comparisons += 1
    if (comparisons > MAX_COMPARISONS) throw new ParameterError(`may have at most ${MAX_COMPARISONS} comparisons.`)
    const [path, operator, value] = tokens.slice(next, next + 3)
    if (path === undefined || !/^[a-z]/i.test(path)) throw unexpected(path)
    const known = operator?.toLowerCase()
    if (known !== 'eq' && known !== 'sw') throw unexpected(operator)
    if (value === undefined || !value.startsWith('"')) throw unexpected(value)
    next += 3
    return { path, operator: known, value: stringOf(value) }
  }
}

const TOKEN = /\s*(?:([()])|("(?:[^"\\]|\\.)*")|([^\s()"]+))/sy

function tokensOf(text: string): readonly string[] {
  const tokens: string[] = []
  const token = new RegExp(TOKEN)
  const end = text.trimEnd().length
  while (token.lastIndex < end) {
    const at = token.lastIndex
    const match = token.exec(text)
    if (match === null) throw unexpected(text.slice(at).trimStart())
    tokens.push(match[1] ?? match[2] ?? match[3] ?? '')
  }
  return tokens
}

function stringOf(token: string): string {
  try {
    return JSON.parse(token).toWellFormed()
  } catch {
    throw unexpected(token)
  }
}

function unexpected(token: string | undefined): ParameterError {
  const where = token === undefined ? 'at its end' : `at ${JSON.stringify(token.slice(0, 40))}`
  return new ParameterError(`is not understood ${where}. ${ADVICE}`)
}
