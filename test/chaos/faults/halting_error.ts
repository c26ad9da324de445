import { setTimeout as sleep } from 'node:timers/promises'
import { dealer } from '../random.js'
import { type BreakageName, type Fault, type FaultKind, seconds } from './fault.js'

/** Longer than a large range takes on a busy machine. */
const HALTS_WITHIN_MS = 20_000
const POLL_MS = 100

const breakages: readonly BreakageName[] = ['missing column', 'constraint', 'failing view']

/** Errors of ClickHouse that halt partitions until an operator repairs the table. */
export const haltingError: FaultKind = {
  share: 1,
  draw(random) {
    const deal = dealer(breakages, random)
    return () => breakTable(deal(), random.between(1_000, 6_000))
  },
}

export function breakTable(breakage: BreakageName, awayMs: number): Fault {
  return {
    kind: 'halting-error',
    what: `ClickHouse rejects inserts (${breakage}), repaired ${seconds(awayMs)} after a partition has halted`,
    claims: ['database'],
    async inflict({ breakages, halts }) {
      const before = halts()
      await breakages[breakage].inflict()
      for (const end = Date.now() + HALTS_WITHIN_MS; halts() === before && Date.now() < end; ) await sleep(POLL_MS)
      await sleep(awayMs)
      await breakages[breakage].repair()
      const halted = halts() - before
      return { struck: halted > 0, note: `partitions halted ${halted} times` }
    },
  }
}
