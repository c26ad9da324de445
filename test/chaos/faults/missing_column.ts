import { setTimeout as sleep } from 'node:timers/promises'
import { type FaultKind, STRUCK, seconds } from './fault.js'

/**
 * An error of ClickHouse that halts partitions until an operator repairs it: the table lacks a column for a while, and
 * gets it back with its values.
 */
export const missingColumn: FaultKind = {
  share: 1,
  draw: (random) => () => {
    const awayMs = random.between(1_000, 6_000)
    return {
      kind: 'missing column',
      what: `drop a column, put it back after ${seconds(awayMs)}`,
      claims: ['database'],
      async inflict({ column }) {
        await column.drop()
        await sleep(awayMs)
        await column.restore()
        return STRUCK
      },
    }
  },
}
