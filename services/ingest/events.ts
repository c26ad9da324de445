import { Counter, Gauge, Histogram } from 'prom-client'
import type { Telemetry } from '../runtime/telemetry.js'
import type { Range } from './partition/range/range.js'
import type { Start } from './partition/reconcile.js'
import type { PartitionStatus } from './partition/status.js'
import { type ReadStatuses, statusGauges } from './status_gauges.js'
import type { DeadLetter } from './store/messages.js'
import { INSPECTED_ONE_IN, type SecretCounts } from './transcode/index.js'

/** The steps that can fail and are retried. */
export type Step = 'locate' | 'reconcile' | 'commit' | 'transcode' | 'dead_letters' | 'insert' | 'mark'

/** What happens to one partition. Each event goes to the metrics and, if an operator should read it, to the log. */
export interface PartitionEvents {
  began(start: Start): void
  inserted(rows: number, bytes: number, milliseconds: number): void
  deadLettered(letters: readonly DeadLetter[]): void
  /** Records were stored whose secrets their producer had not replaced. */
  secretsFound(counts: SecretCounts): void
  stored(range: Pick<Range, 'first' | 'last' | 'count'>, newestTimestamp: number, milliseconds: number): void
  missing(from: number, to: number): void
  failed(step: Step, code: string, attempt: number): void
  recovered(step: Step, attempts: number): void
  /** The partition halted, `halts` times in a row. */
  halted(code: string, error: unknown, halts: number): void
  /** The partition is no longer halted. */
  resumed(): void
  /** The worker stops before it stored all of the partition's records. */
  unfinished(status: PartitionStatus): void
}

/** What happens to the worker as a whole. */
export interface Events {
  partition(stream: string, topic: string, partition: number): PartitionEvents
  assigned(partitions: number): void
  rejoining(): void
  /** The worker stops, but could not leave its group. */
  leftUncleanly(): void
  crashed(error: unknown): void
  bytesInFlight(read: () => number): void
  /** Says how to read the state of this worker's partitions, for the gauges. */
  partitions(read: ReadStatuses): void
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]
const ROWS = [1, 10, 100, 1_000, 5_000, 10_000, 25_000, 50_000, 100_000]
/** A step that keeps failing is logged at the first attempt, and then each time the number of attempts doubles. */
const isWorthLogging = (attempt: number) => (attempt & (attempt - 1)) === 0

export function createEvents({ log, metrics }: Telemetry): Events {
  const registers = [metrics]
  const counter = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Counter({ name, help, labelNames, registers })
  const histogram = <L extends string>(name: string, help: string, buckets: number[], labelNames: L[]) =>
    new Histogram({ name, help, buckets, labelNames, registers })

  const rows = counter('gatelog_ingest_rows_total', 'Records inserted into ClickHouse', ['stream'])
  const bytes = counter('gatelog_ingest_bytes_total', 'Bytes of columns inserted into ClickHouse', ['stream'])
  const deadLetters = counter('gatelog_ingest_dead_letters_total', 'Records that could not be stored, by reason', [
    'stream',
    'reason',
  ])
  const secrets = counter(
    'gatelog_ingest_secrets_total',
    `Secrets that a producer had not replaced, by kind; found in a sample of one record in ${INSPECTED_ONE_IN}`,
    ['stream', 'kind'],
  )
  const missingTotal = counter('gatelog_ingest_missing_offsets_total', 'Offsets that Kafka no longer had', ['stream'])
  const retries = counter('gatelog_ingest_retries_total', 'Steps that failed and were retried', ['step', 'code'])
  const halted = counter('gatelog_ingest_halts_total', 'Times a partition halted, by the error’s code', [
    'stream',
    'code',
  ])
  const rebalances = counter('gatelog_ingest_rebalances_total', 'Times the worker rejoined its group', [])
  const batchRows = histogram('gatelog_ingest_batch_rows', 'Records in an insert', ROWS, ['stream'])
  const insertSeconds = histogram('gatelog_ingest_insert_seconds', 'Time of an insert', SECONDS, ['stream'])
  const rangeSeconds = histogram('gatelog_ingest_range_seconds', 'Time to store a range', SECONDS, ['stream'])
  const delaySeconds = histogram(
    'gatelog_ingest_arrival_to_stored_seconds',
    'Time from the Kafka timestamp of a range’s newest record until it is visible',
    SECONDS,
    ['stream'],
  )
  return {
    partition(stream, topic, partition) {
      const where = { topic, partition }
      return {
        began({ from, pending, stored }) {
          log.info({ ...where, from, pending, already_stored: stored.size }, 'partition started')
        },
        inserted(inserted, size, milliseconds) {
          rows.inc({ stream }, inserted)
          bytes.inc({ stream }, size)
          batchRows.observe({ stream }, inserted)
          insertSeconds.observe({ stream }, milliseconds / 1000)
        },
        deadLettered(letters) {
          if (letters.length === 0) return
          const reasons: Record<string, number> = {}
          for (const { reason, records = 1 } of letters) reasons[reason] = (reasons[reason] ?? 0) + records
          for (const [reason, records] of Object.entries(reasons)) deadLetters.inc({ stream, reason }, records)
          const records = Object.values(reasons).reduce((sum, count) => sum + count, 0)
          log.warn({ ...where, records, reasons, first_offset: letters[0]?.offset }, 'dead-lettered')
        },
        secretsFound(counts) {
          for (const [kind, count] of Object.entries(counts)) secrets.inc({ stream, kind }, count)
        },
        stored(range, newestTimestamp, milliseconds) {
          rangeSeconds.observe({ stream }, milliseconds / 1000)
          if (newestTimestamp > 0) delaySeconds.observe({ stream }, Math.max(0, Date.now() - newestTimestamp) / 1000)
          log.debug(
            { ...where, first: range.first, last: range.last, records: range.count, milliseconds },
            'range stored',
          )
        },
        missing(from, to) {
          missingTotal.inc({ stream }, to - from)
          log.error({ ...where, from, to: to - 1, offsets: to - from }, 'Kafka no longer has these offsets')
        },
        failed(step, code, attempt) {
          retries.inc({ step, code })
          if (isWorthLogging(attempt)) log.warn({ ...where, step, code, attempt }, 'step failed; retrying')
        },
        recovered: (step, attempts) => log.info({ ...where, step, attempts }, 'recovered'),
        halted(code, error, halts) {
          halted.inc({ stream, code })
          if (isWorthLogging(halts)) log.error({ ...where, code, err: error, halts }, 'partition halted')
        },
        resumed: () => log.info(where, 'partition resumed'),
        unfinished({ lag, problem }) {
          log.warn({ ...where, left: lag?.records, problem }, 'stopped before everything was stored')
        },
      }
    },
    assigned: (partitions) => log.info({ partitions }, 'partitions assigned'),
    rejoining() {
      rebalances.inc()
      log.info('rejoining the group')
    },
    leftUncleanly: () => log.warn('could not leave the group in time; its partitions move after a session'),
    crashed: (error) => log.error({ err: error }, 'the consumer failed and restarts'),
    bytesInFlight(read) {
      new Gauge({
        name: 'gatelog_ingest_bytes_in_flight',
        help: 'Bytes of records held between Kafka and ClickHouse',
        registers,
        collect() {
          this.set(read())
        },
      })
    },
    partitions: (read) => statusGauges(metrics, read),
  }
}
