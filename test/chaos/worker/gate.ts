import type { Order, Point, Reached } from './points.js'

/** Where a worker's lanes pass, and an order that is waiting there is carried out. */
export interface Gate {
  /** Takes the place of the order that is waiting; undefined withdraws it. */
  arm(order: Order | undefined): void
  pass(point: Point, where: Omit<Reached, 'point'>): Promise<void>
}

const SIGNALS = { kill: 'SIGKILL', freeze: 'SIGSTOP' } as const

/** A gate that tells the parent process where the worker is, and then has the system end or stop the worker on the spot. */
export function createGate(tell: (reached: Reached, told: () => void) => void): Gate {
  let waiting: Order | undefined
  return {
    arm(order) {
      waiting = order
    },
    async pass(point, where) {
      if (waiting?.point !== point) return
      const { action } = waiting
      waiting = undefined
      await new Promise<void>((resolve) => tell({ point, ...where }, resolve))
      process.kill(process.pid, SIGNALS[action])
    },
  }
}
