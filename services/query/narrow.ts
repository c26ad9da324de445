import { compiledRules } from '../../schemas/derive/outcome.js'
import type { Stream } from '../../schemas/streams/index.js'
import type { FieldFilter, Filters } from './filters.js'
import { distinctQuery } from './sql.js'
import type { Store } from './store.js'

/*
 * The table tells by its indexes where a value is, but not where a text within a value or an outcome is. Both can be told by the distinct
 * values of a few fields, of which there are few; so these are asked for first, from projections that hold nothing else, and then looked
 * for as values.
 */

/** More values are no narrowing: what so many have is either frequent, and found at once, or looked for as it stands. */
const MOST_VALUES = 100

/** The filters with conditions that indexes understand beside or in place of those that they do not; undefined when nothing fits. */
export async function narrow(
  stream: Stream,
  filters: Filters,
  store: Store,
  signal: AbortSignal,
): Promise<Filters | undefined> {
  const fields: FieldFilter[] = []
  for (const filter of filters.fields) {
    const values = filter.match === 'contains' ? await valuesOf(filter) : undefined
    if (values?.length === 0) return undefined
    const { field, parameter } = filter
    fields.push(values === undefined ? filter : { field, parameter, values: values.flat() })
  }
  const { outcomes } = filters
  const decisive = outcomeFields(stream)
  if (outcomes === undefined || decisive === undefined) return { ...filters, fields }
  const tuples = await distinct(decisive, { fields: [], outcomes })
  if (tuples?.length === 0) return undefined
  const told = tuples === undefined ? [] : decisive.map((field, index) => oneOf(field, tuples, index))
  return { ...filters, fields: [...fields, ...told] }

  function valuesOf(filter: FieldFilter): Promise<readonly (readonly string[])[] | undefined> {
    return distinct([filter.field], { fields: [filter] })
  }

  async function distinct(
    names: readonly string[],
    conditions: Parameters<typeof distinctQuery>[2],
  ): Promise<readonly (readonly string[])[] | undefined> {
    const found = await store.rows(distinctQuery(stream, names, conditions, MOST_VALUES + 1), signal)
    return found.length > MOST_VALUES ? undefined : found
  }
}

function oneOf(field: string, tuples: readonly (readonly string[])[], index: number): FieldFilter {
  return { field, parameter: `told_${field}`, values: [...new Set(tuples.map((tuple) => tuple[index] ?? ''))] }
}

/** The fields that the outcome is told from, where they are those that the table has a projection of; rules may be put before that ask others. */
function outcomeFields(stream: Stream): readonly string[] | undefined {
  const asked = new Set(compiledRules(stream).flatMap(({ conditions }) => conditions.map(({ field }) => field)))
  return [...asked].every((field) => PROJECTED.includes(field))
    ? PROJECTED.filter((field) => asked.has(field))
    : undefined
}

const PROJECTED = ['stage', 'event', 'result']
