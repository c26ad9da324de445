/**
 * Thrown when the migrations can't be applied. `MIGRATION_FAILED` and the codes of the lock leave the files before the
 * failed one applied; the others change nothing.
 */
export class MigrationError extends Error {
  override readonly name = 'MigrationError'
  readonly retriable: boolean

  constructor(
    readonly code:
      | 'MIGRATION_CHANGED'
      | 'MIGRATION_MISSING'
      | 'MIGRATION_MISNAMED'
      | 'MIGRATION_FAILED'
      | 'MIGRATION_LOCKED'
      | 'MIGRATION_LOCK_LOST',
    message: string,
  ) {
    super(message)
    this.retriable = code === 'MIGRATION_LOCKED' || code === 'MIGRATION_LOCK_LOST'
  }
}
