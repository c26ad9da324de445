import { eventKindOf, hasKindsByFields } from '../../../schemas/derive/outcomes/event_kind.js'
import { outcomeOf } from '../../../schemas/derive/outcomes/outcome.js'
import { hasOutcomesByFields, OUTCOME_FIELDS } from '../../../schemas/derive/outcomes/outcome_fields.js'
import type { Stream } from '../../../schemas/streams/index.js'
import type { Principal } from '../../runtime/auth/bearer_tokens.js'
import type { Database } from '../clickhouse/database.js'
import type { FieldFilter, Filters } from '../parameters/filters.js'
import { distinctValuesQuery } from './query.js'

/*
 * The table's indexes find values, but neither text within a value nor an outcome. Both follow from the distinct values
 * of a few fields, and there are few of those. So the list reads them first, from projections that hold nothing else,
 * and then filters by the values that match.
 */

/**
 * More values than these are not worth resolving: a filter that so many match is either common, and found soon, or
 * stays as it is.
 */
const MAX_VALUES = 100
/** More combinations than these are not fetched and matched here. */
const MAX_COMBINATIONS = 1_000

/**
 * The filters with conditions that indexes understand in place of those that they don't; undefined when no record can
 * match.
 */
export async function resolveValues(
  stream: Stream,
  filters: Filters,
  principal: Principal,
  database: Database,
  signal: AbortSignal,
): Promise<Filters | undefined> {
  const fields: FieldFilter[] = []
  for (const filter of filters.fields) {
    const values = filter.match === 'contains' && filter.excludes !== true ? await valuesOf(filter) : undefined
    if (values?.length === 0) return undefined
    const { field, parameter } = filter
    fields.push(values === undefined ? filter : { field, parameter, values: values.flat() })
  }
  const { outcomes, kinds, ...others } = filters
  const combinations = outcomes === undefined && kinds === undefined ? undefined : await combinationsOf()
  if (combinations === undefined) return { ...filters, fields }
  if (combinations.length === 0) return undefined
  return { ...others, fields, combinations: { fields: OUTCOME_FIELDS, values: combinations } }

  function valuesOf(filter: FieldFilter): Promise<readonly (readonly string[])[] | undefined> {
    return distinctValues([filter.field], { fields: [filter] }, MAX_VALUES)
  }

  /**
   * The combinations with one of the outcomes and one of the kinds. Matching rules is faster here than in the database,
   * as long as there are few combinations.
   */
  async function combinationsOf(): Promise<readonly (readonly string[])[] | undefined> {
    const matches = combinationMatcher(stream, filters)
    if (matches === undefined) return undefined
    const all = await distinctValues(OUTCOME_FIELDS, { fields: [] }, MAX_COMBINATIONS)
    if (all === undefined) return distinctValues(OUTCOME_FIELDS, { ...filters, fields: [] }, MAX_VALUES)
    const matching = all.filter((values) => matches(recordOf(values)))
    return matching.length > MAX_VALUES ? undefined : matching
  }

  /** Undefined where there are more than `max`. */
  async function distinctValues(
    names: readonly string[],
    conditions: Parameters<typeof distinctValuesQuery>[2],
    max: number,
  ): Promise<readonly (readonly string[])[] | undefined> {
    const rows = await database.rows(distinctValuesQuery(stream, names, conditions, principal, max + 1), signal)
    return rows.length > max ? undefined : rows
  }
}

type ValuesByField = Readonly<Record<string, string | undefined>>

/** Whether a combination has one of the outcomes and one of the kinds; undefined where other fields decide too. */
function combinationMatcher(
  stream: Stream,
  { outcomes, kinds }: Pick<Filters, 'outcomes' | 'kinds'>,
): ((record: ValuesByField) => boolean) | undefined {
  const [outcome, kind] = [outcomeOf(stream), eventKindOf(stream)]
  if (outcome === undefined || !hasOutcomesByFields(stream)) return undefined
  if (kinds === undefined) return (record) => outcomes?.includes(outcome(record)) ?? true
  if (kind === undefined || !hasKindsByFields(stream)) return undefined
  return (record) => kinds.includes(kind(record)) && (outcomes?.includes(outcome(record)) ?? true)
}

function recordOf(values: readonly string[]): ValuesByField {
  return Object.fromEntries(OUTCOME_FIELDS.map((field, index) => [field, values[index]]))
}
