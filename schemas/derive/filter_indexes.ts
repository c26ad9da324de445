import type { Stream } from '../streams/index.js'

/*
 * The Bloom filters that the stream's table has for each column that requests filter by. Each comes twice: a wide one
 * over 16 granules, and one for each granule.
 */

/** The columns that requests filter by. */
export function filterColumns({ fields }: Stream): readonly string[] {
  return ['event_id', ...fields.filter(({ filter }) => filter !== undefined).map(({ name }) => name)]
}

/**
 * The names that the indexes over values can have, whatever the organization. A table may have one for a column without
 * a filter too.
 */
export function valueIndexes({ fields }: Stream): readonly string[] {
  return ['event_id', ...fields.map(({ name }) => name)].flatMap(both)
}

/** The names of the indexes over pairs of a value and an organization that may read the record. */
export function tenantIndexes(stream: Stream): readonly string[] {
  return filterColumns(stream).flatMap((column) => both(`tenant_${column}`))
}

/** The names of the indexes over the organizations that may read a record. */
export const ORGANIZATION_INDEXES: readonly string[] = both('organizations')

/**
 * The expression of a column's tenant indexes: the hashes of its pairs, one for each field that names an organization.
 */
export function tenantIndexExpression({ organizations }: Stream, column: string): string {
  return `[${organizations.map((organization) => pairHash(column, organization)).join(', ')}]`
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
