import { existsSync, writeFileSync } from 'node:fs'
import type { Random } from './random.js'
import { type Trails, tellings } from './telling.js'
import { type Pace, traffic } from './traffic.js'

const HOUR = 60 * 60 * 1000
const LENGTH_MS = 6 * HOUR
/** Some twelve thousand records: enough to look around in, stored before one has looked. */
const PACE: Pace = { signInMs: 7_000, guessingMs: HOUR }
/** So many are let out at once that the emitter's queue holds them. */
const FLUSH_EVERY = 2_000

/** Makes up the hours before the first start, once: `noteFile` says that it is done. */
export async function makeUpPast(trails: Trails, random: Random, noteFile: string, now = Date.now()): Promise<void> {
  if (existsSync(noteFile)) return
  const flush = () => Promise.all([trails.signIns.flush(), trails.actions.flush()])
  let emitted = 0
  for (const occurrence of traffic(random, now - LENGTH_MS, PACE)) {
    if (occurrence.start >= now) break
    for (const { moment, asOfThen } of tellings(occurrence, trails)) {
      if (moment >= now) continue
      asOfThen()
      emitted += 1
      if (emitted % FLUSH_EVERY === 0) await flush()
    }
  }
  await flush()
  writeFileSync(noteFile, `${new Date(now).toISOString()}\n`)
}
