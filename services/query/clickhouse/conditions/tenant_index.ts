import {
  type FilterIndex,
  pairHash,
  tenantIndexExpression,
  valueIndexExpression,
} from '../../../../schemas/derive/filter_indexes.js'
import type { Stream } from '../../../../schemas/streams/index.js'
import type { SqlFragment } from './sql_fragment.js'

/**
 * With more pairs than these, nearly every granule seems to hold one: each pair has a 1 % chance of a false positive.
 */
const MAX_PAIRS = 200

/** The values that a condition compares a field with. */
export interface ComparedValues {
  /** The index that finds them. */
  readonly index: FilterIndex
  /** SQL of an array. */
  readonly array: string
  readonly count: number
}

/** A condition, and what it compares with values. */
export interface Comparison extends SqlFragment {
  readonly compared: readonly ComparedValues[]
}

/**
 * A condition for indexes: the granule may have a record of one of the organizations with one of the values. With it,
 * the granules that a request reads depend on the records that it may read, and not on the other records beside them.
 * Undefined where there are too many values and organizations to exclude a granule.
 */
export function tenantIndexHint(
  stream: Stream,
  organizations: { readonly array: string; readonly count: number },
  { index, array, count }: ComparedValues,
): string | undefined {
  if (count * organizations.count > MAX_PAIRS) return undefined
  const pairs = `arrayFlatten(arrayMap(o -> arrayMap(v -> ${pairHash('v', 'o')}, ${array}), ${organizations.array}))`
  return hint(index, `hasAny(${tenantIndexExpression(stream, index)}, ${pairs})`)
}

/** The same for a principal of all organizations. An index of single values needs none: its condition names them. */
export function valueIndexHint({ index, array, count }: ComparedValues): string | undefined {
  if (index.values.length === 1 || count > MAX_PAIRS) return undefined
  return hint(index, `hasAny(${valueIndexExpression(index)}, ${array})`)
}

/**
 * Only indexes evaluate a condition in `indexHint`. But there ClickHouse does not find an index whose expression has a
 * constant, as that of a range or of a path has; such a condition is evaluated for each record that is read, too.
 */
function hint({ hasConstants }: FilterIndex, condition: string): string {
  return hasConstants === true ? condition : `indexHint(${condition})`
}
