import type { Audit } from '../../emitter/index.js'
import { Problem } from '../../runtime/problem.js'
import type { Sent } from './export_stream.js'
import { begunRecord, type ExportDetails, type ExportOutcome, endedRecord } from './record.js'

/** Publishes a record to the stream `audits`. Resolves when Kafka has acknowledged it. */
export type Publish = (record: Audit) => Promise<unknown>

/** The records of exports in the audit trail. */
export interface Trail {
  /** @throws {Problem} 503 `EXPORT_NOT_RECORDED`: an export that is not recorded is not sent */
  begun(exported: ExportDetails): Promise<void>
  /** Resolves to whether Kafka has acknowledged the record. */
  ended(exported: ExportDetails, outcome: ExportOutcome, sent: Sent): Promise<boolean>
}

/** How long Kafka may take to acknowledge a record, in milliseconds. */
const ACKNOWLEDGE_TIMEOUT_MS = 10_000

export function auditTrail(publish: Publish, timeoutMs = ACKNOWLEDGE_TIMEOUT_MS): Trail {
  const recorded = (record: Audit): Promise<boolean> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), timeoutMs)
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
        'The export cannot be recorded in the audit trail now, so it was not started. Try again in a few seconds.',
        { 'retry-after': '5' },
      )
    },
    ended: (exported, outcome, sent) => recorded(endedRecord(exported, outcome, sent)),
  }
}
