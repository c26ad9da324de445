import type { Order, Point, Reached } from './points.js'

/** Partition workers pass it; it carries out the order that waits for the point they reach. */
export interface Gate {
  /** Replaces the waiting order; undefined withdraws it. */
  arm(order: Order | undefined): void
  pass(point: Point, where: Omit<Reached, 'point'>): Promise<void>
}

const SIGNALS = { kill: 'SIGKILL', freeze: 'SIGSTOP' } as const

/** A gate that reports the point to the parent process, and then sends the worker a signal that kills or stops it. */
export function createGate(report: (reached: Reached, sent: () => void) => void): Gate {
  let waiting: Order | undefined
  return {
    arm(order) {
      waiting = order
    },
    async pass(point, where) {
      if (waiting?.point !== point) return
      const { action } = waiting
      waiting = undefined
      await new Promise<void>((resolve) => report({ point, ...where }, resolve))
      process.kill(process.pid, SIGNALS[action])
    },
  }
}
