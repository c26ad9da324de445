import { setTimeout as sleep } from 'node:timers/promises'
import type { Wires } from '../cluster/cluster.js'
import type { Wire } from '../cluster/wire.js'
import type { Random } from '../random.js'
import { type Fault, type FaultKind, STRUCK, seconds, workerOf } from './fault.js'

type WireName = keyof Wires

/** Connections break, once or for as long as nobody answers. */
export const cut: FaultKind = wireFault(2, 'cut', (random) => {
  const times = random.between(1, 3)
  const awayMs = random.fraction() < 0.5 ? 0 : random.between(500, 4_000)
  const again = awayMs === 0 ? '' : `, refused for ${seconds(awayMs)}`
  return {
    how: `cut ${times} times${again}`,
    async inflict(wire) {
      for (let time = 0; time < times; time++) {
        wire.cut()
        await sleep(300)
      }
      wire.sever()
      await sleep(awayMs)
    },
  }
})

/** Requests and answers are late. */
export const slow: FaultKind = wireFault(1, 'slow', (random) => {
  const delayMs = random.between(50, 800)
  const forMs = random.between(2_000, 5_000)
  return {
    how: `delayed by ${delayMs} ms for ${seconds(forMs)}`,
    async inflict(wire) {
      wire.delay(delayMs)
      await sleep(forMs)
    },
  }
})

/** Connections stay open and pass nothing on. Then what was held back arrives late, or never. */
export const halfOpen: FaultKind = wireFault(2, 'half-open', (random) => {
  const forMs = random.between(2_000, 9_000)
  const late = random.fraction() < 0.5
  return {
    how: `half-open for ${seconds(forMs)}, then ${late ? 'all arrives late' : 'broken'}`,
    async inflict(wire) {
      wire.halfOpen()
      await sleep(forMs)
      if (!late) wire.cut()
    },
  }
})

/** A wire is restored when `inflict` resolves. */
interface Ill {
  readonly how: string
  inflict(wire: Wire): Promise<void>
}

function wireFault(share: number, kind: string, draw: (random: Random) => Ill): FaultKind {
  return { share, draw: (random, workers) => () => fault(kind, random, workers, draw(random)) }
}

function fault(kind: string, random: Random, workers: number, { how, inflict }: Ill): Fault {
  const worker = random.between(0, workers - 1)
  const name = random.pick<WireName>(['kafka', 'clickhouse'])
  return {
    kind,
    what: `worker ${worker} – ${name}: ${how}`,
    claims: [worker],
    async inflict(world) {
      const wire = workerOf(world, worker).wires[name]
      await inflict(wire)
      wire.restore()
      return STRUCK
    },
  }
}
