import pLimit from 'p-limit'
import pTimeout from 'p-timeout'
import { type Audit, InvalidRecordError } from '../../emitter/index.js'
import { Problem } from '../../runtime/problem.js'
import type { Sent } from './export_stream.js'
import {
  begunNotices,
  begunRecord,
  type ExportDetails,
  type ExportOutcome,
  endedNotices,
  endedRecord,
} from './record.js'

/** Publishes a record to the stream `audits`. Resolves when Kafka has acknowledged it. */
export type Publish = (record: Audit) => Promise<unknown>

/** The records of exports in the audit trail. */
export interface Trail {
  /**
   * @throws {Problem} 503 `EXPORT_NOT_RECORDED` if Kafka does not acknowledge the record, 403 `EXPORT_NOT_RECORDABLE`
   * if the token lacks what the record needs: an export that is not recorded is not sent
   */
  begun(details: ExportDetails): Promise<void>
  /** Records the export for the organizations whose records it has. Resolves to whether Kafka has acknowledged that. */
  named(details: ExportDetails, organizations: readonly string[]): Promise<boolean>
  /** Records the end for all of them. Resolves to whether Kafka has acknowledged that. */
  ended(details: ExportDetails, outcome: ExportOutcome, sent: Sent, organizations: readonly string[]): Promise<boolean>
}

/** How long Kafka may take to acknowledge a record, in milliseconds. */
const ACKNOWLEDGE_TIMEOUT_MS = 10_000
/** The most records that wait for Kafka at once: an export may name thousands of organizations. */
const MAX_PUBLISHING = 1_000

export function auditTrail(publish: Publish, timeoutMs = ACKNOWLEDGE_TIMEOUT_MS): Trail {
  const publishing = pLimit(MAX_PUBLISHING)

  /** Resolves to whether Kafka acknowledged the records in time. @throws {InvalidRecordError} */
  function recorded(records: readonly Audit[]): Promise<boolean> {
    const acknowledged = Promise.all(records.map((record) => publishing(() => publish(record)))).then(
      () => true,
      (error: unknown) => {
        if (error instanceof InvalidRecordError) throw error
        return false
      },
    )
    return pTimeout(acknowledged, { milliseconds: timeoutMs, fallback: () => false })
  }

  return {
    async begun(details) {
      try {
        if (await recorded([begunRecord(details)])) return
      } catch (error) {
        if (error instanceof InvalidRecordError) throw notRecordable(error)
        throw error
      }
      throw new Problem(
        503,
        'EXPORT_NOT_RECORDED',
        'The export cannot be recorded in the audit trail now, so it was not started. Try again in a few seconds.',
        { 'retry-after': '5' },
      )
    },
    // The record of the beginning was valid, and these name the same caller.
    named: (details, organizations) => recorded(begunNotices(details, organizations)).catch(() => false),
    ended: (details, outcome, sent, organizations) =>
      recorded([endedRecord(details, outcome, sent), ...endedNotices(details, organizations, outcome)]).catch(
        () => false,
      ),
  }
}

/** The claims of the token that fields of the record hold. */
const CLAIMS: Readonly<Record<string, string>> = { user_id: 'sub', token_id: 'jti', org_id: 'organization' }

/** Another attempt with the same token would fail too. */
function notRecordable({ faults }: InvalidRecordError): Problem {
  const reasons = faults.map(({ field, message }) => `${CLAIMS[field] ?? field} ${message}`)
  return new Problem(
    403,
    'EXPORT_NOT_RECORDABLE',
    `The audit trail cannot record who exports, so the export was not started. Of the token, ${reasons.join('; ')}.`,
  )
}
