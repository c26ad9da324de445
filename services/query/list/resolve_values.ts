import { compiledRules, outcomeOf } from '../../../schemas/derive/outcome.js'
import type { Outcome, Stream } from '../../../schemas/streams/index.js'
import type { Database } from '../clickhouse/database.js'
import { distinctQuery } from '../clickhouse/query.js'
import type { FieldFilter, Filters } from '../parameters/filters.js'

/*
 * The table tells by its indexes where a value is, but not where a text within a value or an outcome is. Both can be told by the distinct
 * values of a few fields, of which there are few; so these are asked for first, from projections that hold nothing else, and then looked
 * for as values.
 */

/** More values are no narrowing: what so many have is either frequent, and found at once, or looked for as it stands. */
const MOST_VALUES = 100
/** More combinations than these are not fetched to be looked through. */
const MOST_COMBINATIONS = 1_000

/** The filters with conditions that indexes understand beside or in place of those that they do not; undefined when nothing fits. */
export async function narrow(
  stream: Stream,
  filters: Filters,
  database: Database,
  signal: AbortSignal,
): Promise<Filters | undefined> {
  const fields: FieldFilter[] = []
  for (const filter of filters.fields) {
    const values = filter.match === 'contains' ? await valuesOf(filter) : undefined
    if (values?.length === 0) return undefined
    const { field, parameter } = filter
    fields.push(values === undefined ? filter : { field, parameter, values: values.flat() })
  }
  const { outcomes, ...others } = filters
  const told = outcomes === undefined ? undefined : await combinationsOf(outcomes)
  if (told === undefined) return { ...filters, fields }
  return told.length === 0 ? undefined : { ...others, fields, combinations: { fields: PROJECTED, values: told } }

  function valuesOf(filter: FieldFilter): Promise<readonly (readonly string[])[] | undefined> {
    return distinct([filter.field], { fields: [filter] }, MOST_VALUES)
  }

  /** The values of records that have one of the outcomes. Rules are tried faster here than in the database, while there are not too many. */
  async function combinationsOf(asked: readonly Outcome[]): Promise<readonly (readonly string[])[] | undefined> {
    const outcome = outcomeOf(stream)
    if (outcome === undefined || !isToldByProjected(stream)) return undefined
    const all = await distinct(PROJECTED, { fields: [] }, MOST_COMBINATIONS)
    if (all === undefined) return distinct(PROJECTED, { fields: [], outcomes: asked }, MOST_VALUES)
    const fitting = all.filter((values) => asked.includes(outcome(recordOf(values))))
    return fitting.length > MOST_VALUES ? undefined : fitting
  }

  async function distinct(
    names: readonly string[],
    conditions: Parameters<typeof distinctQuery>[2],
    most: number,
  ): Promise<readonly (readonly string[])[] | undefined> {
    const found = await database.rows(distinctQuery(stream, names, conditions, most + 1), signal)
    return found.length > most ? undefined : found
  }
}

function recordOf(values: readonly string[]): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(PROJECTED.map((field, index) => [field, values[index]]))
}

/** Whether the outcome is told from those fields alone that the table has a projection of; rules may be put before that ask others. */
function isToldByProjected(stream: Stream): boolean {
  return compiledRules(stream).every(({ conditions }) => conditions.every(({ field }) => PROJECTED.includes(field)))
}

const PROJECTED = ['stage', 'event', 'result']
