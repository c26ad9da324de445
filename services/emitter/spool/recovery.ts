import { readdirSync, statSync, truncateSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Frames, readFrames } from './frame.js'
import type { KeyFilter } from './key_filter.js'
import { Segment } from './segment.js'

const NAME = /^(\d{16})\.segment$/

/** The segments of a folder that an earlier process left, oldest first, and the number of the next. */
export function leftSegments(dir: string): { readonly segments: Segment[]; readonly nextNumber: number } {
  const numbers = readdirSync(dir)
    .flatMap((name) => NAME.exec(name)?.[1] ?? [])
    .sort()
  const segments = numbers.map((number) => {
    const segment = new Segment(join(dir, `${number}.segment`))
    segment.closed = true
    segment.bytes = statSync(segment.path).size
    // How many it has is known when it is read; until then it is not done.
    segment.pending = Number.POSITIVE_INFINITY
    return segment
  })
  return { segments, nextNumber: Number(numbers.at(-1) ?? -1) + 1 }
}

/**
 * Reads a segment that an earlier process left: all its records wait on disk. Cuts what follows the last whole frame,
 * and returns how many bytes that were.
 */
export async function recover(segment: Segment, keys: KeyFilter): Promise<number> {
  const { messages, goodBytes } = await framesOf(segment)
  for (const { key } of messages) keys.add(key)
  segment.records = messages.length
  segment.pending = messages.length
  if (messages.length > 0) segment.deferred.push([0, messages.length])
  const torn = segment.bytes - goodBytes
  if (torn > 0) truncateSync(segment.path, goodBytes)
  segment.bytes = goodBytes
  return torn
}

/** A segment's frames. A segment is a few MiB, and at most one is read at a time. */
export async function framesOf(segment: Segment): Promise<Frames> {
  return readFrames(await readFile(segment.path))
}
