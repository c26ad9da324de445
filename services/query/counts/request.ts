import {
  countsParameters,
  DEFAULT_HOURS,
  DEFAULT_INTERVALS,
  dimensions,
  MAX_DIMENSIONS,
} from '../../../schemas/derive/counts.js'
import type { Parameter } from '../../../schemas/derive/parameters.js'
import { nearest } from '../../../schemas/derive/suggestion.js'
import { parameterOf, type Stream } from '../../../schemas/streams/index.js'
import { HOUR } from '../clickhouse/hour.js'
import { type Filters, filtersFrom } from '../parameters/filters.js'
import { GivenParameters, ParameterError, type RequestQuery } from '../parameters/given_parameters.js'
import { countOf, type Interval, intervalNamed, startOfLast } from './intervals.js'

/** The parameters of counts. */
export interface CountsRequest {
  /** Fields of the stream, or `outcome`: each combination of their values has a count. */
  readonly by: readonly string[]
  /** Each interval has counts of its own; without one, the whole time is counted at once. */
  readonly interval?: Interval
  /** Only so many groups, the largest ones: of each interval, if there are intervals. */
  readonly largest?: number
  /** Which records; both bounds of time are set. */
  readonly filters: Filters & { readonly from: bigint; readonly until: bigint }
}

/** @throws {Problem} 400 `INVALID_PARAMETER`, which names every parameter that is unknown or has an invalid value */
export function readCountsRequest(stream: Stream, query: RequestQuery, now: bigint): CountsRequest {
  const known = countsParameters(stream)
  const given = new GivenParameters(stream, known, query)
  const named = (name: string) => stream.fields.find((each) => parameterOf(each) === name)?.name ?? name
  const request = countsRequestFrom(given, known, { now, dimensions: dimensions(stream), named })
  given.check()
  return request
}

/**
 * The request for counts among the `known` parameters. `dimensions` are what can be counted by, and `named` returns the
 * one that a caller may call by another name.
 */
export function countsRequestFrom(
  given: GivenParameters,
  known: readonly Parameter[],
  {
    now,
    dimensions,
    named = (name) => name,
  }: { readonly now: bigint; readonly dimensions: readonly string[]; readonly named?: (name: string) => string },
): CountsRequest {
  const by = given.read('by', (values) => readDimensions(values, dimensions, named)) ?? []
  const filters = filtersFrom(given, known, now)
  const interval = given.readOne('interval', (name) => intervalNamed(name, filters.zone))
  const largest = given.has('limit') ? filters.limit : undefined
  const until = filters.until ?? now
  const from = filters.from ?? defaultFrom(until, interval)
  return {
    by,
    ...(interval === undefined ? {} : { interval }),
    ...(largest === undefined ? {} : { largest }),
    filters: { ...filters, from, until },
  }
}

function readDimensions(
  values: readonly string[],
  known: readonly string[],
  named: (name: string) => string,
): readonly string[] {
  const given = values
    .flatMap((value) => value.split(','))
    .map((text) => text.trim())
    .filter((text) => text !== '')
  if (given.length > MAX_DIMENSIONS) throw new ParameterError(`may name at most ${MAX_DIMENSIONS} fields.`)
  return [...new Set(given.map((name) => checked(named(name), known)))]
}

function checked(name: string, known: readonly string[]): string {
  if (known.includes(name)) return name
  const suggestion = nearest(name, known)
  const advice = suggestion === undefined ? `They are ${known.join(', ')}.` : `Did you mean ${suggestion}?`
  throw new ParameterError(`${JSON.stringify(name.slice(0, 64))} is not a field to count by. ${advice}`)
}

/** The default start: whole intervals, the last of which `until` lies in. */
function defaultFrom(until: bigint, interval: Interval | undefined): bigint {
  const from =
    interval === undefined ? until - BigInt(DEFAULT_HOURS) * HOUR : startOfLast(DEFAULT_INTERVALS, until - 1n, interval)
  // No record is older than the epoch.
  return from < 0n ? 0n : from
}

/** How many intervals the request's time overlaps. */
export function intervalsOf({ interval, filters }: CountsRequest): bigint {
  return interval === undefined ? 1n : countOf(filters, interval)
}
