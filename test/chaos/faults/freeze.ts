import { setTimeout as sleep } from 'node:timers/promises'
import { type FaultKind, STRUCK, seconds, workerOf } from './fault.js'

/** SIGSTOP of a worker at any moment, until others have its partitions or for a shorter time, then SIGCONT. */
export const freeze: FaultKind = {
  share: 2,
  draw: (random, workers) => () => {
    const worker = random.between(0, workers - 1)
    const frozenMs = random.fraction() < 0.75 ? random.between(7_000, 10_000) : random.between(1_000, 5_000)
    return {
      kind: 'freeze',
      what: `SIGSTOP worker ${worker} for ${seconds(frozenMs)}`,
      claims: [worker],
      async inflict(world) {
        const victim = workerOf(world, worker)
        victim.freeze()
        await sleep(frozenMs)
        victim.thaw()
        return STRUCK
      },
    }
  },
}
