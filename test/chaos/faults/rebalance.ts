import { setTimeout as sleep } from 'node:timers/promises'
import { type FaultKind, STRUCK, seconds, workerOf } from './fault.js'

/** Workers that join and leave cleanly. The group reassigns the partitions each time. */
export const rebalance: FaultKind = {
  share: 2,
  draw: (random, workers) => () => {
    const worker = random.between(0, workers - 1)
    const staysMs = random.between(500, 5_000)
    const comes = random.fraction() < 0.5
    return comes
      ? {
          kind: 'rebalance',
          what: `one more worker comes, and goes after ${seconds(staysMs)}`,
          claims: ['visitor'],
          async inflict({ visitor }) {
            await visitor.start()
            await sleep(staysMs)
            await visitor.stop()
            return STRUCK
          },
        }
      : {
          kind: 'rebalance',
          what: `worker ${worker} is stopped in order, and comes again after ${seconds(staysMs)}`,
          claims: [worker],
          async inflict(world) {
            const leaver = workerOf(world, worker)
            await leaver.stop()
            await sleep(staysMs)
            await leaver.start()
            return STRUCK
          },
        }
  },
}
