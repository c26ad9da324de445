import type { Occurrence } from './occurrence.js'
import type { Random } from './random.js'
import { type Trails, tellings } from './telling.js'
import { type Pace, traffic } from './traffic.js'

const PACE: Pace = { signInMs: 400, guessingMs: 90_000 }

/** Lets things happen now: each record is emitted at the moment that it tells of. Answers with what ends it. */
export function goLive(trails: Trails, random: Random, now = Date.now): () => void {
  const timers = new Set<NodeJS.Timeout>()
  const at = (moment: number, act: () => void): void => {
    const timer = setTimeout(
      () => {
        timers.delete(timer)
        act()
      },
      Math.max(0, moment - now()),
    )
    timers.add(timer)
  }
  const occurrences: Iterator<Occurrence, never> = traffic(random, now(), PACE)
  const goOn = (): void => {
    const occurrence = occurrences.next().value
    at(occurrence.start, () => {
      for (const { moment, asOfNow } of tellings(occurrence, trails)) at(moment, asOfNow)
      goOn()
    })
  }
  goOn()
  return () => {
    for (const timer of timers) clearTimeout(timer)
  }
}
