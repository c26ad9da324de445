/**
 * How far a reader is in a stream: for each incarnation of its topic (by topic id), the next offset of each partition.
 * A partition that is not named has not been read at all, so a partition that is added, or a topic that is created
 * again, starts at its first offset.
 */
export type StreamPosition = ReadonlyMap<string, readonly number[]>

export const BEGINNING: StreamPosition = new Map()

/** One partition of one incarnation of a topic. */
export interface Partition {
  readonly topicId: string
  readonly partition: number
}

/** The offsets of a partition from `from` on, before `until`. */
export interface OffsetRange extends Partition {
  readonly from: number
  readonly until: number
}

/** The next offset of a partition. */
export function offsetAt(position: StreamPosition, { topicId, partition }: Partition): number {
  return position.get(topicId)?.[partition] ?? 0
}

/** The offsets between a position and a later one, the longest range first. */
export function rangesBetween(position: StreamPosition, end: StreamPosition): readonly OffsetRange[] {
  const ranges: OffsetRange[] = []
  for (const [topicId, offsets] of end) {
    for (const [partition, until] of offsets.entries()) {
      const from = offsetAt(position, { topicId, partition })
      if (from < until) ranges.push({ topicId, partition, from, until })
    }
  }
  return ranges.sort((a, b) => b.until - b.from - (a.until - a.from))
}

/** Whether there are offsets between the two. */
export function isBefore(position: StreamPosition, end: StreamPosition): boolean {
  for (const [topicId, offsets] of end) {
    if (offsets.some((until, partition) => offsetAt(position, { topicId, partition }) < until)) return true
  }
  return false
}

/** The offsets before a position, in each partition. */
export function rangesBefore(position: StreamPosition): readonly OffsetRange[] {
  return rangesBetween(BEGINNING, position)
}

/** The position with each named partition's next offset set to `until`. */
export function advance(
  position: StreamPosition,
  moves: Iterable<Partition & { readonly until: number }>,
): StreamPosition {
  const copies = new Map<string, number[]>()
  for (const { topicId, partition, until } of moves) {
    const offsets = copies.get(topicId) ?? [...(position.get(topicId) ?? [])]
    copies.set(topicId, offsets)
    while (offsets.length < partition) offsets.push(0)
    offsets[partition] = until
  }
  return new Map<string, readonly number[]>([...position, ...copies])
}
