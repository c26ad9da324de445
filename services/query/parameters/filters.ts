import { outcomeNamed } from '../../../schemas/derive/outcomes/outcome.js'
import { DEFAULT_LIMIT, exclusionNamed, MAX_LIMIT, type Parameter } from '../../../schemas/derive/parameters.js'
import { type EventKind, OUTCOMES, type Outcome, type PathFilter, type Stream } from '../../../schemas/streams/index.js'
import type { StreamPosition } from '../changes/stream_position.js'
import type { TimeRange } from '../clickhouse/time_bounds.js'
import type { Criterion } from './criteria.js'
import { distinct, readFieldValues } from './field_values.js'
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
  /** Only records of one of these ranges of time. */
  readonly ranges?: readonly TimeRange[]
  /** The time zone that the request names. */
  readonly zone?: TimeZone
  /** Conditions on fields; a record must match all of them. */
  readonly fields: readonly FieldFilter[]
  /** Records of one of these outcomes; none, if there are none. */
  readonly outcomes?: readonly Outcome[]
  /** Records of one of these kinds. */
  readonly kinds?: readonly EventKind[]
  /** What a record must meet besides. */
  readonly where?: Criterion
  /** Records whose `event_id` no record of another stream has, as far as the caller may read that. */
  readonly absentFrom?: Stream
  /** Records that arrived before this position. */
  readonly arrivedBefore?: StreamPosition
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
   * lower case; as the beginning of the text in lower case; as a UUID; or as a range of addresses in CIDR notation.
   */
  readonly match?: 'contains' | 'caseless' | 'prefix' | 'id' | 'range'
  /** Whether records that match are left out, and all others are in: also those without the field. */
  readonly excludes?: true
}

export interface Combinations {
  readonly fields: readonly string[]
  /** At least one; each has a value for each field, in their order. */
  readonly values: readonly (readonly string[])[]
}

/** Reads the filters and the limit among the `known` parameters. A repeated parameter matches any of its values. */
export function filtersFrom(given: GivenParameters, known: readonly Parameter[], now: bigint): Filters {
  const { most, byDefault } = known.find((each) => each.kind === 'most') ?? {
    most: MAX_LIMIT,
    byDefault: DEFAULT_LIMIT,
  }
  const zone = given.readOne('timezone', readTimeZone)
  const from = given.readOne('dt_from', (text) => humanTime(text, now, zone))
  const until = given.readOne('dt_to', (text) => {
    const time = humanTime(text, now, zone)
    if (from !== undefined && time < from) throw new ParameterError('is before dt_from.')
    return time
  })
  const outcomes = readOutcomes(given)
  const prefixed = known.flatMap((each) =>
    each.kind === 'field' && each.prefix === true && !each.excludes ? [each.name] : [],
  )
  return {
    limit: given.readOne('limit', (text) => readLimit(text, most)) ?? byDefault,
    ...(from === undefined ? {} : { from }),
    ...(until === undefined ? {} : { until }),
    ...(zone === undefined ? {} : { zone }),
    ...(outcomes === undefined ? {} : { outcomes }),
    fields: known.flatMap((parameter) => fieldFilter(given, parameter, prefixed) ?? []),
  }
}

function fieldFilter(
  given: GivenParameters,
  parameter: Parameter,
  prefixed: readonly string[],
): FieldFilter | undefined {
  const { kind, name } = parameter
  if (kind === 'id') {
    const values = given.read(name, (texts) => distinct(texts.map(uuid)))
    return values && { field: name, parameter: name, values, match: kind }
  }
  if (kind !== 'field') return undefined
  const { field, path, excludes } = parameter
  const read = given.read(name, (texts) => readFieldValues(parameter, texts, prefixed))
  return (
    read && {
      field,
      ...(path === undefined ? {} : { path }),
      parameter: name,
      ...read,
      ...(excludes === undefined ? {} : { excludes }),
    }
  )
}

/** The outcomes that the request selects and does not exclude. */
function readOutcomes(given: GivenParameters): readonly Outcome[] | undefined {
  const selected = given.read('outcome', (texts) => [...new Set(texts.map(readOutcome))])
  const excluded = given.read(exclusionNamed('outcome'), (texts) => texts.map(readOutcome))
  return excluded === undefined ? selected : (selected ?? OUTCOMES).filter((outcome) => !excluded.includes(outcome))
}

/** @throws {ParameterError} */
export function readLimit(text: string, most = MAX_LIMIT): number {
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (limit < 1 || limit > most) throw new ParameterError(`must be a whole number from 1 to ${most}.`)
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
