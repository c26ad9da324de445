/** Offsets from `from` up to `to`, exclusive. */
export type OffsetGap = readonly [from: number, to: number]

/**
 * The offsets between the expected one and the next one found whose records are lost: Kafka deleted them before they
 * were stored. Only what is before the log's start was deleted. Gaps behind it are no loss: compaction removes records
 * that a later one replaces, and the end of a transaction takes an offset without a record.
 */
export function lostOffsets(
  expected: number,
  found: number,
  logStartOffset: number,
  stored: ReadonlySet<number>,
): readonly OffsetGap[] {
  const end = Math.min(found, logStartOffset)
  if (end <= expected) return []
  const inside = [...stored].filter((offset) => offset >= expected && offset < end).sort((one, other) => one - other)
  const gaps: OffsetGap[] = []
  let from = expected
  for (const offset of [...inside, end]) {
    if (offset > from) gaps.push([from, offset])
    from = offset + 1
  }
  return gaps
}
