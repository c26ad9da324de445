import type { Lag } from './lag.js'

/** What metrics and `/readyz` say about one assigned partition. It is read when it is needed, so it is never stale. */
export interface PartitionStatus {
  readonly stream: string
  readonly topic: string
  readonly partition: number
  /** Whether the partition halted and has stored nothing since. */
  readonly halted: boolean
  /** What fails now; undefined when nothing does. */
  readonly problem: string | undefined
  /** Undefined before it is known. */
  readonly lag: Lag | undefined
}
