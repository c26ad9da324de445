import { outcomeNamed } from '../../schemas/derive/outcome.js'
import { DEFAULT_LIMIT, MAX_LIMIT, type Parameter, parameters } from '../../schemas/derive/parameters.js'
import { OUTCOMES, type Outcome, type Stream } from '../../schemas/streams/index.js'
import { Problem } from '../runtime/problem.js'
import { HumanTimeError, humanTime } from './human_time.js'
import { nearest } from './suggestion.js'

/** What a caller asks of a stream, as values. */
export interface Filters {
  /** At most so many records. */
  readonly limit: number
  /** Records of this time and later, in microseconds since the epoch. */
  readonly from?: bigint
  /** Records before this time, in microseconds since the epoch. */
  readonly until?: bigint
  /** Records whose fields hold one of the values, each condition for itself. */
  readonly fields: readonly FieldFilter[]
  /** Records of one of these outcomes. */
  readonly outcomes?: readonly Outcome[]
}

export interface FieldFilter {
  readonly field: string
  readonly parameter: string
  /** At least one. */
  readonly values: readonly string[]
}

/** Thrown within this file for a value that does not fit its parameter. */
class ParameterError extends Error {}

/** A request's query as Fastify parses it: a parameter that is repeated has an array. */
export type RequestQuery = Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * Reads the parameters of a request. An empty parameter sets no bound, nor does the literal `None`, which is what Python clients make
 * of an absent value. A repeated field parameter means any of its values.
 *
 * @throws {Problem} 400 `INVALID_PARAMETER`, which names every parameter that is not understood
 */
export function readFilters(stream: Stream, query: RequestQuery, now: bigint): Filters {
  const known = parameters(stream)
  const faults = unknownParameters(stream, known, Object.keys(query))
  const filters: { -readonly [K in keyof Filters]: Filters[K] } = { limit: DEFAULT_LIMIT, fields: [] }
  for (const parameter of known) {
    const values = [query[parameter.name] ?? []].flat().filter((value) => value !== '' && value !== 'None')
    if (values.length === 0) continue
    try {
      Object.assign(filters, readOne(parameter, values, now, filters))
    } catch (error) {
      if (!(error instanceof HumanTimeError || error instanceof ParameterError)) throw error
      faults.push(`${parameter.name}: ${error.message}`)
    }
  }
  if (faults.length > 0) throw new Problem(400, 'INVALID_PARAMETER', faults.join(' '))
  return filters
}

function readOne(parameter: Parameter, values: readonly string[], now: bigint, { fields }: Filters): Partial<Filters> {
  switch (parameter.kind) {
    case 'limit':
      return { limit: readLimit(single(values)) }
    case 'from':
      return { from: humanTime(single(values), now) }
    case 'until':
      return { until: humanTime(single(values), now) }
    case 'outcome':
      return { outcomes: [...new Set(values.map(readOutcome))] }
    case 'field':
      return {
        fields: [...fields, { field: parameter.field, parameter: parameter.name, values: [...new Set(values)] }],
      }
  }
}

function single(values: readonly string[]): string {
  if (values.length > 1) throw new ParameterError('may be given once only.')
  return values[0] as string
}

function readLimit(text: string): number {
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (limit < 1 || limit > MAX_LIMIT) throw new ParameterError(`must be a whole number from 1 to ${MAX_LIMIT}.`)
  return limit
}

function readOutcome(text: string): Outcome {
  const outcome = outcomeNamed(text)
  if (outcome === undefined) throw new ParameterError(`must be one of ${OUTCOMES.join(', ')}.`)
  return outcome
}

function unknownParameters(stream: Stream, known: readonly Parameter[], given: readonly string[]): string[] {
  const names = known.map(({ name }) => name)
  return given
    .filter((name) => !names.includes(name))
    .map((name) => {
      const field = known.find((parameter) => parameter.kind === 'field' && parameter.field === name)
      const meant = field?.name ?? nearest(name, names)
      const advice = meant === undefined ? `Its parameters are ${names.join(', ')}.` : `Did you mean ${meant}?`
      return `${name.slice(0, 64)}: is not a parameter of ${stream.name}. ${advice}`
    })
}
