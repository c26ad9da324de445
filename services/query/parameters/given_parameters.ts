import { exclusionNamed, MAX_VALUES, type Parameter } from '../../../schemas/derive/parameters.js'
import { nearest } from '../../../schemas/derive/suggestion.js'
import { Problem } from '../../runtime/problem.js'
import { HumanTimeError } from './human_time.js'

/** A request's query string as Fastify parses it: a repeated parameter has an array. */
export type RequestQuery = Readonly<Record<string, string | readonly string[] | undefined>>

/** Thrown when a parameter's value is invalid. The message follows the parameter's name. */
export class ParameterError extends Error {}

type Values = readonly [string, ...string[]]

/**
 * Reads the parameters of a request one by one and collects the faults, so that the caller gets all of them at once. An
 * empty value counts as absent, and so does the literal `None`, which Python clients send for an absent value.
 */
export class GivenParameters {
  readonly #query: RequestQuery
  readonly #faults: string[]

  /** `known` are the parameters of the resource that `of` names; any other parameter is a fault. */
  constructor(of: { readonly name: string }, known: readonly Parameter[], query: RequestQuery) {
    this.#query = query
    this.#faults = unknownParameters(of, known, Object.keys(query))
  }

  /** Whether the parameter has a value. */
  has(name: string): boolean {
    return this.#valuesOf(name).length > 0
  }

  /** Returns what `read` makes of a parameter's values; undefined if it is absent or invalid. */
  read<T>(name: string, read: (values: Values) => T): T | undefined {
    const [first, ...rest] = this.#valuesOf(name)
    try {
      if ([this.#query[name] ?? []].flat().length > MAX_VALUES)
        throw new ParameterError(`may be given at most ${MAX_VALUES} times.`)
      if (first === undefined) return undefined
      return read([first, ...rest])
    } catch (error) {
      if (!(error instanceof HumanTimeError || error instanceof ParameterError)) throw error
      this.#faults.push(`${name}: ${error.message}`)
      return undefined
    }
  }

  /** Returns what `read` makes of the value of a parameter that must not be repeated. */
  readOne<T>(name: string, read: (value: string) => T): T | undefined {
    return this.read(name, ([value, ...rest]) => {
      if (rest.length > 0) throw new ParameterError('may be given only once.')
      return read(value)
    })
  }

  /** The same for a parameter that must be present. */
  require<T>(name: string, read: (value: string) => T): T | undefined {
    if (!this.has(name)) this.#faults.push(`${name}: is missing.`)
    return this.readOne(name, read)
  }

  #valuesOf(name: string): readonly string[] {
    return [this.#query[name] ?? []].flat().filter((value) => value !== '' && value !== 'None')
  }

  /** @throws {Problem} 400 `INVALID_PARAMETER`, which names every invalid parameter */
  check(): void {
    if (this.#faults.length > 0) throw new Problem(400, 'INVALID_PARAMETER', this.#faults.join(' '))
  }
}

function unknownParameters(
  of: { readonly name: string },
  known: readonly Parameter[],
  given: readonly string[],
): string[] {
  const names = known.map(({ name }) => name)
  return given
    .filter((name) => !names.includes(name))
    .map((name) => {
      const field = known.find((parameter) => parameter.kind === 'field' && parameter.field === name)
      const meant = field?.name ?? exclusionMeant(name, names) ?? nearest(name, names)
      const all = names.length === 0 ? 'It has none.' : `Its parameters are ${names.join(', ')}.`
      const advice = meant === undefined ? all : `Did you mean ${meant}?`
      return `${name.slice(0, 64)}: is not a parameter of ${of.name}. ${advice}`
    })
}

/** `event!=Success` has the name `event!`. */
function exclusionMeant(name: string, names: readonly string[]): string | undefined {
  return name.endsWith('!') ? names.find((each) => each === exclusionNamed(name.slice(0, -1))) : undefined
}
