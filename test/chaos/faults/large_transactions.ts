import { type Fault, type FaultKind, STRUCK } from './fault.js'

/** Two transactions that overlap in one partition, are larger than what a worker fetches at once, and abort. */
export const largeTransactions: FaultKind = {
  share: 1,
  draw: (random) => () => abortLarge(random.between(0, 999)),
}

/** `place` decides which partition gets them. */
export function abortLarge(place: number): Fault {
  return {
    kind: 'large-transactions',
    what: 'abort two overlapping transactions that are larger than a fetch',
    claims: ['broker'],
    async inflict({ abortLargeTransactions }) {
      await abortLargeTransactions(place)
      return STRUCK
    },
  }
}
