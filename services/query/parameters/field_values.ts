import { type FieldParameter, MAX_TEXT_LENGTH, MAX_TEXTS } from '../../../schemas/derive/parameters.js'
import { indexedPrefix, MIN_PREFIX_LENGTH } from '../../../schemas/derive/text_prefixes.js'
import { canonicalText } from '../../../schemas/streams/canonical_text.js'
import { readAddresses } from './addresses.js'
import type { FieldFilter } from './filters.js'
import { ParameterError } from './given_parameters.js'

type Read = Pick<FieldFilter, 'values' | 'match'>

/**
 * Reads the values of a filter on a field. A `*` at the end makes a prefix, `ada*`, and `\*` is the character itself.
 *
 * @param prefixed the parameters that take a prefix
 * @throws {ParameterError}
 */
export function readFieldValues(
  parameter: FieldParameter,
  texts: readonly string[],
  prefixed: readonly string[],
): Read {
  const { match, form } = parameter
  if (match === 'address') return readAddresses(texts)
  const prefixes = texts.filter(isPrefix)
  if (prefixes.length > 0 && parameter.prefix !== true) throw noPrefix(parameter, prefixed)
  if (prefixes.length > 0) return readPrefixes(texts, prefixes)
  const literal = texts.map(unescaped)
  if (match === 'contains') return { values: readTexts(literal), match }
  const values = literal.map((text) => known(text, form))
  return match === 'caseless'
    ? { values: distinct(values.map((text) => text.toLowerCase())), match }
    : { values: distinct(values) }
}

export function distinct(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)]
}

function isPrefix(text: string): boolean {
  return text.endsWith('*') && !text.endsWith('\\*')
}

function unescaped(text: string): string {
  return text.endsWith('\\*') ? `${text.slice(0, -2)}*` : text
}

function noPrefix({ match }: FieldParameter, prefixed: readonly string[]): ParameterError {
  const advice =
    match === 'contains'
      ? 'It finds text anywhere, so leave out the *.'
      : `${prefixed.length === 0 ? 'No parameter here does' : `${prefixed.join(' and ')} does`}. Give the whole value.`
  return new ParameterError(`takes no prefix. ${advice} For a value that ends in *, write \\*.`)
}

function readPrefixes(texts: readonly string[], prefixes: readonly string[]): Read {
  if (prefixes.length < texts.length) {
    throw new ParameterError('has prefixes and whole values. Give only prefixes, or only whole values.')
  }
  const values = distinct(prefixes.map((text) => text.slice(0, -1).toLowerCase()))
  if (values.every((text) => indexedPrefix(text) !== undefined)) return { values, match: 'prefix' }
  throw new ParameterError(`needs at least ${MIN_PREFIX_LENGTH} characters before the *.`)
}

/** @throws {ParameterError} for a placeholder: no record has it as its value */
function known(text: string, form: FieldParameter['form']): string {
  if (canonicalText({ form }, text) !== '') return text
  throw new ParameterError(
    `${JSON.stringify(text)} is what programs write for a value that they don't know: no record is stored with it.`,
  )
}

function readTexts(texts: readonly string[]): readonly string[] {
  if (texts.length > MAX_TEXTS) throw new ParameterError(`may be given at most ${MAX_TEXTS} times.`)
  if (texts.some((text) => [...text].length > MAX_TEXT_LENGTH)) {
    throw new ParameterError(`may be at most ${MAX_TEXT_LENGTH} characters long.`)
  }
  return distinct(texts)
}
