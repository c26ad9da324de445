import { pairHash, tenantIndexExpression } from '../../../../schemas/derive/filter_indexes.js'
import type { Stream } from '../../../../schemas/streams/index.js'

/**
 * With more pairs than these, nearly every granule seems to hold one: each pair has a 1 % chance of a false positive.
 */
const MAX_PAIRS = 200

/** The values that a condition compares a column with. */
export interface ComparedValues {
  readonly column: string
  /** SQL of an array. */
  readonly array: string
  readonly count: number
}

/**
 * A condition that only indexes evaluate: the granule may have a record of one of the organizations with one of the
 * values. With it, the granules that a request reads depend on the records that it may read, and not on the other
 * records beside them. Undefined where there are too many values and organizations to exclude a granule.
 */
export function tenantIndexHint(
  stream: Stream,
  organizations: { readonly array: string; readonly count: number },
  { column, array, count }: ComparedValues,
): string | undefined {
  if (count * organizations.count > MAX_PAIRS) return undefined
  const pairs = `arrayFlatten(arrayMap(o -> arrayMap(v -> ${pairHash('v', 'o')}, ${array}), ${organizations.array}))`
  return `indexHint(hasAny(${tenantIndexExpression(stream, column)}, ${pairs}))`
}
