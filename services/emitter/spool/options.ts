/** When what is written is also on the medium. What each may lose is said in `docs/emit.md`. */
export type SyncPolicy = 'always' | 'interval' | 'never'

/** Where and how records wait on disk for Kafka. */
export interface SpoolOptions {
  /** The folder. One process at a time owns it; several emitters of the process share it, one for each stream. */
  readonly dir: string
  /** `interval` by default. With `always`, `emit` waits for the disk. */
  readonly sync?: SyncPolicy
  /** How often `interval` syncs, in milliseconds (default 1,000). */
  readonly syncIntervalMs?: number
  /** Largest size on disk, in bytes (default 4 GiB). Beyond it records wait in memory only, and then are dropped. */
  readonly maxBytes?: number
  /** Size of a segment, in bytes (default 8 MiB). It is removed as a whole when Kafka has acknowledged all of it. */
  readonly segmentBytes?: number
}

export const DEFAULT_SYNC: SyncPolicy = 'interval'
export const DEFAULT_SYNC_INTERVAL_MS = 1_000
export const DEFAULT_MAX_BYTES = 4 * 1024 ** 3
export const DEFAULT_SEGMENT_BYTES = 8 * 1024 * 1024
