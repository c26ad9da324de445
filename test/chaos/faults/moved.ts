import { setTimeout as sleep } from 'node:timers/promises'
import type { Reached } from '../worker/points.js'
import type { World } from './fault.js'

const MOVES_WITHIN_MS = 25_000
const POLL_MS = 200

/** Waits until another worker has stored the range at which one was stopped. */
export async function storedByAnother(world: World, { partition, range }: Reached): Promise<boolean> {
  const deadline = Date.now() + MOVES_WITHIN_MS
  while (Date.now() < deadline) {
    const mark = await world.marks().then(
      (marks) => marks.get(partition) ?? 0,
      // Another fault has stopped ClickHouse. It comes back.
      () => 0,
    )
    if (range === undefined || mark > range.last) return true
    await sleep(POLL_MS)
  }
  return false
}
