import { outcomeNamed } from '../../../schemas/derive/outcomes/outcome.js'
import {
  DEFAULT_LIMIT,
  MAX_LIMIT,
  MAX_TEXT_LENGTH,
  MAX_TEXTS,
  type Parameter,
} from '../../../schemas/derive/parameters.js'
import { canonicalText } from '../../../schemas/streams/canonical_text.js'
import { OUTCOMES, type Outcome, type PathFilter } from '../../../schemas/streams/index.js'
import { readAddresses } from './addresses.js'
import { type GivenParameters, ParameterError } from './given_parameters.js'
import { humanTime } from './human_time.js'
import { type TimeZone, timeZoneNamed } from './time_zone.js'
import { uuid } from './uuid.js'

/** The filters of a request, as typed values. */
export interface Filters {
  /** The maximum number of records. */
  readonly limit: number
  /** Records of this time and later, in microseconds since the epoch. */
  readonly from?: bigint
  /** Records before this time, in microseconds since the epoch. */
  readonly until?: bigint
  /** The time zone that the request names. */
  readonly zone?: TimeZone
  /** Conditions on fields; a record must match all of them. */
  readonly fields: readonly FieldFilter[]
  /** Records of one of these outcomes. */
  readonly outcomes?: readonly Outcome[]
  /** Combinations of values; a record must match one of them. */
  readonly combinations?: Combinations
}

export interface FieldFilter {
  readonly field: string
  /** Where in the field's JSON the value is. */
  readonly path?: PathFilter['path']
  readonly parameter: string
  /** At least one. */
  readonly values: readonly string[]
  /**
   * How a value matches, if not as the field's whole text: as a substring, case-insensitively; as the whole text in
   * lower case; as a UUID; or as a range of addresses in CIDR notation.
   */
  readonly match?: 'contains' | 'caseless' | 'id' | 'range'
}

export interface Combinations {
  readonly fields: readonly string[]
  /** At least one; each has a value for each field, in their order. */
  readonly values: readonly (readonly string[])[]
}

/** Reads the filters and the limit among the `known` parameters. A repeated parameter matches any of its values. */
export function filtersFrom(given: GivenParameters, known: readonly Parameter[], now: bigint): Filters {
  const zone = given.readOne('timezone', readTimeZone)
  const from = given.readOne('dt_from', (text) => humanTime(text, now, zone))
  const until = given.readOne('dt_to', (text) => {
    const time = humanTime(text, now, zone)
    if (from !== undefined && time < from) throw new ParameterError('is before dt_from.')
    return time
  })
  const outcomes = given.read('outcome', (texts) => [...new Set(texts.map(readOutcome))])
  return {
    limit: given.readOne('limit', readLimit) ?? DEFAULT_LIMIT,
    ...(from === undefined ? {} : { from }),
    ...(until === undefined ? {} : { until }),
    ...(zone === undefined ? {} : { zone }),
    ...(outcomes === undefined ? {} : { outcomes }),
    fields: known.flatMap((parameter) => fieldFilter(given, parameter) ?? []),
  }
}

function fieldFilter(given: GivenParameters, parameter: Parameter): FieldFilter | undefined {
  const { kind, name } = parameter
  if (kind === 'id') {
    const values = given.read(name, (texts) => distinct(texts.map(uuid)))
    return values && { field: name, parameter: name, values, match: kind }
  }
  if (kind !== 'field') return undefined
  const { field, path } = parameter
  const read = given.read(name, (texts) => readField(parameter, texts))
  return read && { field, ...(path === undefined ? {} : { path }), parameter: name, ...read }
}

type FieldParameter = Extract<Parameter, { readonly kind: 'field' }>

function readField({ match, form }: FieldParameter, texts: readonly string[]): Pick<FieldFilter, 'values' | 'match'> {
  switch (match) {
    case 'contains':
      return { values: readTexts(texts), match }
    case 'address':
      return readAddresses(texts)
    case 'caseless':
      return { values: distinct(texts.map((text) => known(text, form).toLowerCase())), match }
    case 'equals':
      return { values: distinct(texts.map((text) => known(text, form))) }
  }
}

/** @throws {ParameterError} for a placeholder: no record has it as its value */
function known(text: string, form: FieldParameter['form']): string {
  if (canonicalText({ form }, text) !== '') return text
  throw new ParameterError(
    `${JSON.stringify(text)} is what programs write for a value that they don't know: no record is stored with it.`,
  )
}

function distinct(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)]
}

function readTexts(texts: readonly string[]): readonly string[] {
  if (texts.length > MAX_TEXTS) throw new ParameterError(`may be given at most ${MAX_TEXTS} times.`)
  if (texts.some((text) => [...text].length > MAX_TEXT_LENGTH)) {
    throw new ParameterError(`may be at most ${MAX_TEXT_LENGTH} characters long.`)
  }
  return distinct(texts)
}

function readLimit(text: string): number {
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (limit < 1 || limit > MAX_LIMIT) throw new ParameterError(`must be a whole number from 1 to ${MAX_LIMIT}.`)
  return limit
}

function readTimeZone(name: string): TimeZone {
  const zone = timeZoneNamed(name)
  if (zone !== undefined) return zone
  throw new ParameterError(
    `${JSON.stringify(name.slice(0, 64))} is not a time zone. Give a name such as Europe/Berlin or UTC.`,
  )
}

function readOutcome(text: string): Outcome {
  const outcome = outcomeNamed(text)
  if (outcome === undefined) throw new ParameterError(`must be one of ${OUTCOMES.join(', ')}.`)
  return outcome
}
