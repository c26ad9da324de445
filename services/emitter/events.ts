import type { LoggerPort, MetricsPort } from './ports.js'
import type { SecretKind } from './redaction/kinds.js'

/**
 * Why records were dropped: the queue is full, and with a spool also its folder is full or fails; the emitter is
 * closed; or Kafka refuses them for good.
 */
export type DropReason = 'full' | 'spool_full' | 'spool_failed' | 'closed' | 'rejected'

/** What happens in an emitter. Each function writes metrics and log. It never throws, whatever they do. */
export interface Events {
  acknowledged(records: number): void
  invalid(): void
  /** A secret was replaced before anything left the host. */
  redacted(kind: SecretKind): void
  /** Records are lost. Every one is counted; the log has a line in ten seconds with their number. */
  dropped(records: number, reason: DropReason, code?: string): void
  /** Records were sent, and the emitter closed before Kafka had acknowledged them. Kafka may have them. */
  unconfirmed(records: number): void
  sendFailed(error: unknown, records: number, attempt: number): void
  sendSlow(records: number, waitedMs: number): void
  sendRecovered(attempts: number): void
  queued(bytes: number): void
  /** What was counted since the start. */
  stats(): EmitterStats
  /** The spool has so many bytes on disk. */
  spooled(bytes: number): void
  /** The spool's folder fails; the code is the system's. */
  spoolFailed(code: string): void
  /** The end of a segment was torn, by a power loss for example, and was cut. */
  spoolTorn(bytes: number): void
  /** Records of an earlier process were found, and are sent. */
  spoolRecovered(records: number): void
  /** Records stay in the spool for the next start. */
  kept(records: number): void
  /** Logs what was counted and not logged yet. */
  close(): void
}

/** Counts of an emitter since it was created. */
export interface EmitterStats {
  /** Records that were never stored, by reason. */
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>
  /** Secrets that were replaced, by kind. */
  readonly redacted: Readonly<Partial<Record<SecretKind, number>>>
  /** What the spool did. */
  readonly spool: {
    /** Bytes on disk. */
    readonly bytes: number
    /** Times that its folder failed. */
    readonly failures: number
    /** Bytes that were cut from torn segments. */
    readonly tornBytes: number
    /** Records that an earlier process left. */
    readonly recovered: number
  }
}

/** At most one log line of each kind in this time. */
const LOG_INTERVAL_MS = 10_000

export interface EventsOptions {
  /** The stream's name, in every log line and metric. */
  readonly stream: string
  readonly log?: LoggerPort | undefined
  readonly metrics?: MetricsPort | undefined
  readonly now?: () => number
}

interface UnloggedDrops {
  records: number
  loggedAt: number
  code: string | undefined
}

export function createEvents({ stream, log, metrics, now = Date.now }: EventsOptions): Events {
  const drops = new Map<DropReason, UnloggedDrops>()
  const totals = { dropped: new Map<DropReason, number>(), redacted: new Map<SecretKind, number>() }
  let failureLoggedAt = Number.NEGATIVE_INFINITY
  const spool = { bytes: 0, failures: 0, tornBytes: 0, recovered: 0 }
  let spoolLoggedAt = Number.NEGATIVE_INFINITY

  const count = (outcome: string, records: number): void =>
    ignoreErrors(() => metrics?.records.inc({ stream, outcome }, records))
  const write = (level: keyof LoggerPort, fields: object, message: string): void =>
    ignoreErrors(() => log?.[level]({ stream, ...fields }, message))

  function logDrops(reason: DropReason, drop: UnloggedDrops): void {
    const { records, code } = drop
    write('error', { records, reason, ...(code === undefined ? {} : { error: code }) }, 'audit records dropped')
    drop.records = 0
    drop.loggedAt = now()
  }

  return {
    acknowledged: (records) => count('acknowledged', records),
    invalid: () => count('invalid', 1),
    redacted(kind) {
      add(totals.redacted, kind, 1)
      ignoreErrors(() => metrics?.redacted?.inc({ stream, kind }))
    },
    dropped(records, reason, code) {
      count('dropped', records)
      add(totals.dropped, reason, records)
      ignoreErrors(() => metrics?.dropped?.inc({ stream, reason }, records))
      const drop = drops.get(reason) ?? { records: 0, loggedAt: Number.NEGATIVE_INFINITY, code: undefined }
      drops.set(reason, drop)
      drop.records += records
      drop.code = code
      if (now() - drop.loggedAt >= LOG_INTERVAL_MS) logDrops(reason, drop)
    },
    unconfirmed(records) {
      count('unconfirmed', records)
      write('warn', { records }, 'closed before Kafka acknowledged audit records; it may have them')
    },
    sendFailed(error, records, attempt) {
      ignoreErrors(() => metrics?.retries.inc({ stream }))
      if (now() - failureLoggedAt < LOG_INTERVAL_MS) return
      write('warn', { error: messageOf(error), records, attempt }, 'could not send audit records to Kafka; retrying')
      failureLoggedAt = now()
    },
    sendSlow: (records, waited_ms) =>
      write('warn', { records, waited_ms }, 'Kafka has not acknowledged audit records yet'),
    sendRecovered: (attempts) => write('info', { attempts }, 'Kafka acknowledges audit records again'),
    queued: (bytes) => ignoreErrors(() => metrics?.queuedBytes.set({ stream }, bytes)),
    spooled(bytes) {
      spool.bytes = bytes
      ignoreErrors(() => metrics?.spoolBytes?.set({ stream }, bytes))
    },
    spoolFailed(error) {
      spool.failures++
      ignoreErrors(() => metrics?.spoolFaults?.inc({ stream, fault: 'failed' }))
      if (now() - spoolLoggedAt < LOG_INTERVAL_MS) return
      write('error', { error }, 'the spool fails; audit records are in memory only')
      spoolLoggedAt = now()
    },
    spoolTorn(bytes) {
      spool.tornBytes += bytes
      ignoreErrors(() => metrics?.spoolFaults?.inc({ stream, fault: 'torn' }))
      write('error', { bytes }, 'the end of a spool segment is torn and was cut')
    },
    spoolRecovered(records) {
      spool.recovered += records
      write('info', { records }, 'audit records of an earlier process are sent from the spool')
    },
    kept: (records) => write('info', { records }, 'audit records stay in the spool for the next start'),
    stats: () => ({
      spool: { ...spool },
      dropped: Object.fromEntries(totals.dropped),
      redacted: Object.fromEntries(totals.redacted),
    }),
    close() {
      for (const [reason, drop] of drops) if (drop.records > 0) logDrops(reason, drop)
    },
  }
}

function add<K>(counts: Map<K, number>, key: K, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count)
}

/** Calls a user's log or metric. A sign-in does not fail because these throw or reject. */
function ignoreErrors(call: () => unknown): void {
  try {
    const returned = call()
    // Not every implementation is synchronous, whatever the types say.
    if (returned instanceof Promise) returned.catch(() => undefined)
  } catch {
    // There is nowhere left to report it.
  }
}

function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? String(error.message) : 'not an Error'
  } catch {
    return 'unreadable error'
  }
}
