import type { Field, PathFilter, Stream } from '../streams/index.js'
import { addressPrefixesSql } from './address_prefixes.js'
import { textPrefixesSql } from './text_prefixes.js'

/*
 * The Bloom filters that the stream's table has for each field that requests filter by. Each comes twice: a wide one
 * over 16 granules, and one for each granule.
 */

/** What one index holds of each row. */
export interface FilterIndex {
  /** The end of its name. */
  readonly name: string
  /** SQL of the values: one, or several that stand for the same field. */
  readonly values: readonly [string, ...string[]]
  /** Whether the SQL has constants: ClickHouse does not find such an index by a condition that is a mere hint. */
  readonly hasConstants?: true
}

/** The indexes for the fields that requests filter by. */
export function filterIndexes({ fields }: Stream): readonly FilterIndex[] {
  return [EVENT_ID, ...fields.flatMap(indexesOf)]
}

const EVENT_ID: FilterIndex = { name: 'event_id', values: ['event_id'] }

function indexesOf(field: Field): readonly FilterIndex[] {
  if (field.json !== undefined) return field.json.filters.map(({ path }) => pathIndex(field.name, path))
  if (field.filter === undefined) return []
  const own: FilterIndex = { name: field.name, values: [comparedSql(field.name, field.filter.match)] }
  if (field.filter.match === 'address') return [own, rangeIndex(field.name)]
  return field.filter.prefix === true ? [own, prefixIndex(field.name)] : [own]
}

/** What a filter on a field compares with its values. */
export function comparedSql(column: string, match: string | undefined): string {
  return match === 'caseless' ? `lowerUTF8(${column})` : column
}

/** The index for the values at a path of a JSON field. */
export function pathIndex(column: string, path: PathFilter['path']): FilterIndex {
  return { name: [column, ...path].join('_'), values: [pathSql(column, path)], hasConstants: true }
}

/**
 * The text or the number at a path of a JSON field, as text; empty where there is neither. It never throws, whatever
 * the text is, so that no record can keep a merge from building an index.
 */
function pathSql(column: string, path: PathFilter['path']): string {
  return `JSONExtract(${column}, ${path.map((key) => `'${key}'`).join(', ')}, 'String')`
}

/** The index for ranges of addresses. */
export function rangeIndex(column: string): FilterIndex {
  const [first = '', ...rest] = addressPrefixesSql(column)
  return { name: `range_${column}`, values: [first, ...rest], hasConstants: true }
}

/** The index for prefixes of text. */
export function prefixIndex(column: string): FilterIndex {
  const [first = '', ...rest] = textPrefixesSql(comparedSql(column, 'caseless'))
  return { name: `prefix_${column}`, values: [first, ...rest], hasConstants: true }
}

/**
 * The names that the indexes over values can have, whatever the organization. A table may have one for a column without
 * a filter too.
 */
export function valueIndexes(stream: Stream): readonly string[] {
  const named = filterIndexes(stream).map(({ name }) => name)
  return [...new Set(['event_id', ...stream.fields.map(({ name }) => name), ...named])].flatMap(both)
}

/** The names of the indexes over pairs of a value and an organization that may read the record. */
export function tenantIndexes(stream: Stream): readonly string[] {
  return filterIndexes(stream).flatMap(({ name }) => both(`tenant_${name}`))
}

/** The names of the indexes over the organizations that may read a record. */
export const ORGANIZATION_INDEXES: readonly string[] = both('organizations')

/** The expression of an index over values. */
export function valueIndexExpression({ values }: FilterIndex): string {
  return values.length === 1 ? values[0] : `[${values.join(', ')}]`
}

/**
 * The expression of a tenant index: the hashes of its pairs, one for each value and each field that names an
 * organization.
 */
export function tenantIndexExpression({ organizations }: Stream, { values }: FilterIndex): string {
  const pairs = values.flatMap((value) => organizations.map((organization) => pairHash(value, organization)))
  return `[${pairs.join(', ')}]`
}

/**
 * The hash of a pair of a value and an organization, both SQL expressions. The organization has another hash function,
 * so (a, b) and (b, a) are different pairs. Finding a value that has the hash of another pair takes 2^64 tries, so
 * nobody can ask for a value of another organization in disguise.
 */
export function pairHash(value: string, organization: string): string {
  return `bitXor(sipHash64(${value}), halfMD5(${organization}))`
}

function both(name: string): readonly [string, string] {
  return [`wide_${name}`, `by_${name}`]
}
