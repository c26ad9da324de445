import { setTimeout as sleep } from 'node:timers/promises'
import type { Wires } from '../cluster/cluster.js'
import { dealer } from '../random.js'
import { type Fault, type FaultKind, STRUCK, workerOf } from './fault.js'

/** A request that is executed while its answer is lost. `text` identifies the request in the connection. */
interface Request {
  readonly name: string
  readonly wire: keyof Wires
  readonly text: string
}

export const INSERT: Request = { name: 'an insert', wire: 'clickhouse', text: 'insert_deduplication_token' }
const requests: readonly Request[] = [
  INSERT,
  INSERT,
  { name: 'a mark', wire: 'clickhouse', text: 'ingest_marks' },
  { name: 'a pending commit', wire: 'kafka', text: '"pending"' },
]

const COMES_WITHIN_MS = 15_000

/** An insert or a commit succeeds and its answer is lost. */
export const lostAnswer: FaultKind = {
  share: 2,
  draw(random, workers) {
    const deal = dealer(requests, random)
    return () => loseAnswer(deal(), random.between(0, workers - 1))
  },
}

export function loseAnswer(request: Request, worker: number): Fault {
  return {
    kind: 'lost-answer',
    what: `worker ${worker}: the answer to ${request.name} is lost`,
    claims: [worker],
    async inflict(world) {
      const trap = workerOf(world, worker).wires[request.wire].loseAnswerTo(request.text)
      const came = await Promise.race([trap.lost.then(() => true), sleep(COMES_WITHIN_MS, false)])
      trap.giveUp()
      return came ? STRUCK : { struck: false, note: 'none was asked for' }
    },
  }
}
