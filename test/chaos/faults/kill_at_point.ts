import { setTimeout as sleep } from 'node:timers/promises'
import { dealer } from '../random.js'
import { type Point, points } from '../worker/points.js'
import { bringTo, missed, placeOf } from './at_point.js'
import { type Fault, type FaultKind, seconds, workerOf } from './fault.js'

/** SIGKILL of a worker at a step of the protocol, at each step in turn. */
export const killAtPoint: FaultKind = {
  share: 4,
  draw(random, workers) {
    const deal = dealer(points, random)
    return () => killAt(deal(), random.between(0, workers - 1), random.between(0, 3_000))
  },
}

export function killAt(point: Point, worker: number, awayMs: number): Fault {
  return {
    kind: 'kill-at-step',
    what: `SIGKILL worker ${worker} at ${point}, again after ${seconds(awayMs)}`,
    claims: [worker],
    async inflict(world) {
      const victim = workerOf(world, worker)
      const reached = await bringTo(victim, { point, action: 'kill' })
      await victim.kill()
      await sleep(awayMs)
      await victim.start()
      return reached === undefined ? missed('killed where it was') : { struck: true, note: placeOf(reached) }
    },
  }
}
