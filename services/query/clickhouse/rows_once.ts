import type { Row } from './rows.js'

/** How to read: with `FINAL` or without, and how many rows at most. */
export interface Reading {
  readonly final: boolean
  readonly limit: number
}

/**
 * The first `limit` rows of a query that orders by time and `event_id`, and each record once.
 *
 * Copies of a record, which its producer sent twice, are rare, and they are neighbors in this order. So the rows are
 * read without `FINAL`, which would read all columns of all rows that lie between, and folded here. Only where a record
 * has so many copies that too few are left, `FINAL` reads them again.
 *
 * @param keyOf equal for copies of a record alone
 */
export async function rowsOnce(
  limit: number,
  read: (reading: Reading) => Promise<readonly Row[]>,
  keyOf: (row: Row) => string,
): Promise<readonly Row[]> {
  const asked = limit + spareRows(limit)
  const found = await read({ final: false, limit: asked })
  const once = withoutCopies(found, keyOf)
  // Fewer rows than asked for are all there are.
  if (once.length >= limit || found.length < asked) return once.slice(0, limit)
  return read({ final: true, limit })
}

/** Enough where one record in fifty has a copy. */
function spareRows(limit: number): number {
  return Math.ceil(limit / 50) + 1
}

function withoutCopies(rows: readonly Row[], keyOf: (row: Row) => string): readonly Row[] {
  const seen = new Set<string>()
  return rows.filter((row) => {
    const key = keyOf(row)
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}
