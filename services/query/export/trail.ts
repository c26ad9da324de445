import type { Audit } from '../../emitter/index.js'
import { Problem } from '../../runtime/problem.js'
import { begunRecord, type Ending, type Exported, endedRecord } from './record.js'
import type { Given } from './relay.js'

/** Keeps a record in the stream `audits`; resolves when Kafka has it. */
export type Publish = (record: Audit) => Promise<unknown>

/** What exports leave of themselves in the audit trail. */
export interface Trail {
  /** @throws {Problem} 503 `EXPORT_NOT_RECORDED`: what is not recorded is not given out */
  begun(exported: Exported): Promise<void>
  /** Resolves to whether it was recorded. */
  ended(exported: Exported, ending: Ending, given: Given): Promise<boolean>
}

/** How long Kafka may take to acknowledge a record, in milliseconds. */
const PATIENCE_MS = 10_000

export function auditTrail(publish: Publish, patienceMs = PATIENCE_MS): Trail {
  const recorded = (record: Audit): Promise<boolean> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), patienceMs)
      publish(record)
        .then(
          () => resolve(true),
          () => resolve(false),
        )
        .finally(() => clearTimeout(timer))
    })
  return {
    async begun(exported) {
      if (await recorded(begunRecord(exported))) return
      throw new Problem(
        503,
        'EXPORT_NOT_RECORDED',
        'The export cannot be recorded in the audit trail now, so nothing is given out. Try again in a few seconds.',
        { 'retry-after': '5' },
      )
    },
    ended: (exported, ending, given) => recorded(endedRecord(exported, ending, given)),
  }
}
