import type { Fault } from './faults/fault.js'
import { faultKinds } from './faults/index.js'
import { dealer, seeded } from './random.js'

/** A fault, and how long after the previous one it starts, in milliseconds. */
export interface Planned {
  readonly number: number
  readonly afterMs: number
  readonly fault: Fault
}

/**
 * The faults of a seed. Equal seed, count and number of workers give equal faults. Each 30 in a row include every kind
 * as often as its share.
 */
export function makePlan(seed: number, count: number, workers: number): readonly Planned[] {
  const random = seeded(seed)
  const deck = faultKinds.flatMap(({ share, draw }) => {
    const drawFault = draw(random, workers)
    return Array.from({ length: share }, () => drawFault)
  })
  const deal = dealer(deck, random)
  return Array.from({ length: count }, (_, index) => {
    const afterMs = random.between(300, 3_500)
    return { number: index + 1, afterMs, fault: deal()() }
  })
}
