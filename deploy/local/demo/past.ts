import { existsSync, writeFileSync } from 'node:fs'
import type { Emitter } from '../../../services/emitter/index.js'
import type { Random } from './random.js'
import { type Pace, traffic } from './traffic.js'

const HOUR = 60 * 60 * 1000
const LENGTH_MS = 6 * HOUR
/** Some twelve thousand records: enough to look around in, stored before one has looked. */
const PACE: Pace = { signInMs: 7_000, guessingMs: HOUR }
/** So many are let out at once that the emitter's queue holds them. */
const FLUSH_EVERY = 2_000

/** Makes up the hours before the first start, once: `noteFile` says that it is done. */
export async function makeUpPast(emitter: Emitter, random: Random, noteFile: string, now = Date.now()): Promise<void> {
  if (existsSync(noteFile)) return
  let emitted = 0
  for (const { start, records } of traffic(random, now - LENGTH_MS, PACE)) {
    if (start >= now) break
    for (const record of records) {
      if ((record.time as Date).getTime() >= now) continue
      emitter.emit(record)
      emitted += 1
      if (emitted % FLUSH_EVERY === 0) await emitter.flush()
    }
  }
  await emitter.flush()
  writeFileSync(noteFile, `${new Date(now).toISOString()}\n`)
}
