import type { FaultKind } from './fault.js'
import { freeze } from './freeze.js'
import { freezeAtPoint } from './freeze_at_point.js'
import { haltingError } from './halting_error.js'
import { kill } from './kill.js'
import { killAtPoint } from './kill_at_point.js'
import { largeTransactions } from './large_transactions.js'
import { lostAnswer } from './lost_answer.js'
import { brokerOutage, databaseOutage } from './outage.js'
import { poisonBurst } from './poison_burst.js'
import { rebalance } from './rebalance.js'
import { stall } from './stall.js'
import { cut, halfOpen, slow } from './wires.js'

/** Every kind of fault. */
export const faultKinds: readonly FaultKind[] = [
  kill,
  killAtPoint,
  freeze,
  freezeAtPoint,
  brokerOutage,
  databaseOutage,
  cut,
  slow,
  halfOpen,
  haltingError,
  largeTransactions,
  lostAnswer,
  poisonBurst,
  rebalance,
  stall,
]
