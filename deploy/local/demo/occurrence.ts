import type { Audit, AuthAudit } from '../../../services/emitter/index.js'

/** Something that begins at a moment: its records are later ones too, as its stages take their time. */
export interface Occurrence {
  readonly start: number
  readonly records: readonly AuthAudit[]
  /** What is done once somebody is in. */
  readonly actions: readonly Audit[]
}
