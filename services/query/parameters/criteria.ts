import type { EventKind, Outcome } from '../../../schemas/streams/index.js'
import type { FieldFilter, Filters } from './filters.js'

/**
 * A condition of any shape on one record, for questions that `fields` can't express: alternatives over several fields,
 * beginnings, text that is absent. No index finds the records, so a list reads those of its windows of time.
 */
export type Criterion =
  | { readonly all: readonly Criterion[] }
  | { readonly any: readonly Criterion[] }
  | { readonly not: Criterion }
  | { readonly kinds: readonly EventKind[] }
  | { readonly outcomes: readonly Outcome[] }
  | TextCriterion

/** A condition on a field's text; empty text is an absent field. */
export interface TextCriterion {
  readonly field: string
  /**
   * How the text matches the value: as the whole, as the same UUID, as its beginning, as a part in any case, or as a
   * regular expression that means the same in RE2 and JavaScript and comes from us.
   */
  readonly test: 'equals' | 'id' | 'begins' | 'contains' | 'matches'
  readonly value: string
  /** Whether case is ignored; the value is in lower case then. */
  readonly caseless?: boolean
}

/** No record meets it. */
export const NOTHING: Criterion = { any: [] }

/**
 * The filters that say the same as a criterion: what indexes can find as conditions on fields, kinds and outcomes, and
 * the rest as it is.
 */
export function filtersOf(criterion: Criterion): Pick<Filters, 'fields' | 'kinds' | 'outcomes' | 'where'> {
  const fields: FieldFilter[] = []
  const rest: Criterion[] = []
  const derived: { kinds?: readonly EventKind[]; outcomes?: readonly Outcome[] } = {}
  for (const part of conjuncts(criterion)) {
    const found = fieldFilter(part, `filter_${fields.length}`)
    if (found !== undefined) fields.push(found)
    else if ('kinds' in part && derived.kinds === undefined) derived.kinds = part.kinds
    else if ('outcomes' in part && derived.outcomes === undefined) derived.outcomes = part.outcomes
    else rest.push(part)
  }
  return { fields, ...derived, ...(rest.length === 0 ? {} : { where: { all: rest } }) }
}

function conjuncts(criterion: Criterion): readonly Criterion[] {
  return 'all' in criterion ? criterion.all.flatMap(conjuncts) : [criterion]
}

/** A condition that a field has one of some values; undefined for any other. An absent field is in no index. */
function fieldFilter(criterion: Criterion, parameter: string): FieldFilter | undefined {
  const parts = 'any' in criterion ? criterion.any : [criterion]
  const [first] = parts
  if (first === undefined || !('field' in first)) return undefined
  const { field, test, caseless = false } = first
  if (test !== 'equals' && test !== 'id') return undefined
  const values: string[] = []
  for (const part of parts) {
    const same = 'field' in part && part.field === field && part.test === test && (part.caseless ?? false) === caseless
    if (!same || part.value === '') return undefined
    values.push(part.value)
  }
  const match = test === 'id' ? { match: 'id' as const } : caseless ? { match: 'caseless' as const } : {}
  return { field, parameter, values: [...new Set(values)], ...match }
}
