import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../random.js'
import { type Fault, type FaultKind, STRUCK, seconds } from './fault.js'

/** SIGKILL of Kafka, and a restart with what is on disk. */
export const brokerOutage: FaultKind = { share: 2, draw: (random) => () => outage('broker', 'Kafka', random) }

/** The same for ClickHouse. */
export const databaseOutage: FaultKind = { share: 2, draw: (random) => () => outage('database', 'ClickHouse', random) }

function outage(server: 'broker' | 'database', name: string, random: Random): Fault {
  const awayMs = random.between(0, 3_000)
  return {
    kind: server,
    what: `SIGKILL ${name}, again after ${seconds(awayMs)}`,
    claims: [server],
    async inflict(world) {
      await world[server].kill()
      await sleep(awayMs)
      await world[server].restart()
      return STRUCK
    },
  }
}
