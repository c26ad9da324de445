/**
 * How far somebody has come in a stream: for each incarnation of its topic (by topic id), the first offset of each partition that lies
 * ahead. What is not named lies ahead as a whole, so a partition that is added, or a topic that is made anew, begins at its beginning.
 */
export type Position = ReadonlyMap<string, readonly number[]>

export const BEGINNING: Position = new Map()

/** One partition of one incarnation of a topic. */
export interface Partition {
  readonly topicId: string
  readonly partition: number
}

/** Offsets of a partition: from `from` on, before `until`. */
export interface Stretch extends Partition {
  readonly from: number
  readonly until: number
}

/** The first offset of a partition that lies ahead. */
export function offsetAt(position: Position, { topicId, partition }: Partition): number {
  return position.get(topicId)?.[partition] ?? 0
}

/** What lies between a position and another, further one: the longest stretches first. */
export function stretchesBetween(position: Position, end: Position): readonly Stretch[] {
  const stretches: Stretch[] = []
  for (const [topicId, offsets] of end) {
    for (const [partition, until] of offsets.entries()) {
      const from = offsetAt(position, { topicId, partition })
      if (from < until) stretches.push({ topicId, partition, from, until })
    }
  }
  return stretches.sort((a, b) => b.until - b.from - (a.until - a.from))
}

/** Whether anything lies between the two. */
export function isBefore(position: Position, end: Position): boolean {
  return stretchesBetween(position, end).length > 0
}

/** What lies behind a position: in each partition, the offsets before its own. */
export function stretchesBehind(position: Position): readonly Stretch[] {
  return stretchesBetween(BEGINNING, position)
}

/** The position with each named partition's offset set to `until`. */
export function advanced(position: Position, moves: Iterable<Partition & { readonly until: number }>): Position {
  const next = new Map(position)
  for (const { topicId, partition, until } of moves) {
    const offsets = [...(next.get(topicId) ?? [])]
    while (offsets.length < partition) offsets.push(0)
    offsets[partition] = until
    next.set(topicId, offsets)
  }
  return next
}
