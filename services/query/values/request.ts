import { nearest } from '../../../schemas/derive/suggestion.js'
import { fieldsWithFewValues, VALUES_DAYS, valuesParameters } from '../../../schemas/derive/values.js'
import { parameterOf, type Stream } from '../../../schemas/streams/index.js'
import { DAY } from '../clickhouse/hour.js'
import { type Filters, filtersFrom } from '../parameters/filters.js'
import { GivenParameters, ParameterError, type RequestQuery } from '../parameters/given_parameters.js'

export interface ValuesRequest {
  readonly field: string
  /** In lower case; a value must begin with it. */
  readonly startsWith?: string
  /** Which records; both bounds of time are set. `limit` is the maximum number of values. */
  readonly filters: Filters & { readonly from: bigint; readonly until: bigint }
}

/** @throws {Problem} 400 `INVALID_PARAMETER`, which names every parameter that is unknown or has an invalid value */
export function readValuesRequest(stream: Stream, query: RequestQuery, now: bigint): ValuesRequest {
  const known = valuesParameters(stream)
  const given = new GivenParameters(stream, known, query)
  const field = given.require('field', (name) => fieldNamed(stream, name))
  const startsWith = given.readOne('starts_with', (text) => text.toLowerCase())
  const filters = filtersFrom(given, known, now)
  given.check()
  const until = filters.until ?? now
  const earliest = until - BigInt(VALUES_DAYS) * DAY
  return {
    field: field ?? '',
    ...(startsWith === undefined ? {} : { startsWith }),
    // No record is older than the epoch.
    filters: { ...filters, until, from: filters.from ?? (earliest < 0n ? 0n : earliest) },
  }
}

/** The field of that name, or the field that the parameter of that name filters by. */
function fieldNamed(stream: Stream, name: string): string {
  const known = fieldsWithFewValues(stream)
  const field = stream.fields.find((each) => parameterOf(each) === name)?.name ?? name
  if (known.includes(field)) return field
  const suggestion = nearest(name, known)
  const advice = suggestion === undefined ? `They are ${known.join(', ')}.` : `Did you mean ${suggestion}?`
  throw new ParameterError(`${JSON.stringify(name.slice(0, 64))} is not a field with few values. ${advice}`)
}
