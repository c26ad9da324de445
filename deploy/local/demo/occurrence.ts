import type { Audit, AuthAudit } from '../../../services/emitter/index.js'

/** A sign-in or an attack that starts at a time. Its records have later times, as its stages take time. */
export interface Occurrence {
  readonly start: number
  readonly records: readonly AuthAudit[]
  /** The actions after the sign-in. */
  readonly actions: readonly Audit[]
}
