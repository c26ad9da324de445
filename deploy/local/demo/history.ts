import { existsSync, writeFileSync } from 'node:fs'
import type { Random } from './random.js'
import { type DemoEmitters, timedRecords } from './timed_records.js'
import { type Pace, traffic } from './traffic.js'

const HOUR = 60 * 60 * 1000
const LENGTH_MS = 6 * HOUR
/** About twelve thousand records: enough to explore, and stored within a second. */
const PACE: Pace = { signInMs: 7_000, guessingMs: HOUR }
/** Fewer records than the emitter's queue holds. */
const FLUSH_EVERY = 2_000

/** Generates the traffic of the hours before the first start, once: `noteFile` exists when it is done. */
export async function generateHistory(
  emitters: DemoEmitters,
  random: Random,
  noteFile: string,
  now = Date.now(),
): Promise<void> {
  if (existsSync(noteFile)) return
  const flush = () => Promise.all([emitters.signIns.flush(), emitters.actions.flush()])
  let emitted = 0
  for (const occurrence of traffic(random, now - LENGTH_MS, PACE)) {
    if (occurrence.start >= now) break
    for (const { timeMs, emitWithOwnTime } of timedRecords(occurrence, emitters)) {
      if (timeMs >= now) continue
      emitWithOwnTime()
      emitted += 1
      if (emitted % FLUSH_EVERY === 0) await flush()
    }
  }
  await flush()
  writeFileSync(noteFile, `${new Date(now).toISOString()}\n`)
}
