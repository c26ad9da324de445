import { comparedSql, prefixIndex } from '../../../../schemas/derive/filter_indexes.js'
import { indexedPrefix } from '../../../../schemas/derive/text_prefixes.js'
import type { Comparison } from './tenant_index.js'

/** The condition that a column's text in lower case begins with one of the prefixes. */
export function prefixCondition(column: string, parameter: string, prefixes: readonly string[]): Comparison {
  const text = comparedSql(column, 'caseless')
  const indexed = `${parameter}_indexed`
  const known = [...new Set(prefixes.flatMap((prefix) => indexedPrefix(prefix) ?? []))]
  return {
    sql: `arrayExists(prefix -> startsWith(${text}, prefix), {${parameter}:Array(String)})`,
    params: { [parameter]: prefixes, [indexed]: known },
    compared: [{ index: prefixIndex(column), array: `{${indexed}:Array(String)}`, count: known.length }],
  }
}
