import { setTimeout as sleep } from 'node:timers/promises'
import { type FaultKind, STRUCK, seconds, workerOf } from './fault.js'

/** SIGKILL of a worker at any moment. Another process replaces it after a while. */
export const kill: FaultKind = {
  share: 2,
  draw: (random, workers) => () => {
    const worker = random.between(0, workers - 1)
    const awayMs = random.between(0, 4_000)
    return {
      kind: 'kill',
      what: `SIGKILL worker ${worker}, again after ${seconds(awayMs)}`,
      claims: [worker],
      async inflict(world) {
        const victim = workerOf(world, worker)
        await victim.kill()
        await sleep(awayMs)
        await victim.start()
        return STRUCK
      },
    }
  },
}
