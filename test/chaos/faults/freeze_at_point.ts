import { setTimeout as sleep } from 'node:timers/promises'
import { dealer } from '../random.js'
import { isAtBeginning, type Point, points } from '../worker/points.js'
import { bringTo, missed, placeOf } from './at_point.js'
import { type Fault, type FaultKind, workerOf } from './fault.js'
import { storedByAnother } from './moved.js'

/** Points at which a late worker can do harm are drawn more often. */
const weighted: readonly Point[] = [
  ...points.filter((point) => !point.startsWith('settle')),
  'commit:after',
  'transcode:after',
  'insert:before',
  'insert:before',
  'insert:before',
]

/**
 * A zombie: SIGSTOP of a worker at a step of the protocol, SIGCONT after another worker took its partition and stored
 * the same range.
 */
export const freezeAtPoint: FaultKind = {
  share: 4,
  draw(random, workers) {
    const deal = dealer(weighted, random)
    return () => freezeAt(deal(), random.between(0, workers - 1))
  },
}

export function freezeAt(point: Point, worker: number): Fault {
  return {
    kind: 'freeze-at-step',
    what: `SIGSTOP worker ${worker} at ${point} until its partition has moved`,
    claims: [worker],
    async inflict(world) {
      const victim = workerOf(world, worker)
      const reached = await bringTo(victim, { point, action: 'freeze' })
      if (reached === undefined) victim.freeze()
      await sleep(world.sessionTimeoutMs + 1_000)
      const moved = reached !== undefined && !isAtBeginning(point) && (await storedByAnother(world, reached))
      victim.thaw()
      if (reached === undefined) return missed('stopped where it was')
      return { struck: true, note: `${placeOf(reached)}${moved ? ', stored by another' : ''}` }
    },
  }
}
