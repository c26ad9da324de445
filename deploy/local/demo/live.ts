import type { Occurrence } from './occurrence.js'
import type { Random } from './random.js'
import { type DemoEmitters, timedRecords } from './timed_records.js'
import { type Pace, traffic } from './traffic.js'

const PACE: Pace = { signInMs: 400, guessingMs: 90_000 }

/** Generates live traffic: emits each record at its own time. Returns a function that stops it. */
export function generateLive(emitters: DemoEmitters, random: Random, now = Date.now): () => void {
  const timers = new Set<NodeJS.Timeout>()
  const at = (timeMs: number, run: () => void): void => {
    const timer = setTimeout(
      () => {
        timers.delete(timer)
        run()
      },
      Math.max(0, timeMs - now()),
    )
    timers.add(timer)
  }
  const occurrences: Iterator<Occurrence, never> = traffic(random, now(), PACE)
  const scheduleNext = (): void => {
    const occurrence = occurrences.next().value
    at(occurrence.start, () => {
      for (const { timeMs, emitWithCurrentTime } of timedRecords(occurrence, emitters)) at(timeMs, emitWithCurrentTime)
      scheduleNext()
    })
  }
  scheduleNext()
  return () => {
    for (const timer of timers) clearTimeout(timer)
  }
}
