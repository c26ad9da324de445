/** Thrown when what a database has run does not fit the migration files; nothing has been changed. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError'
  readonly retriable = false

  constructor(
    readonly code: 'MIGRATION_CHANGED' | 'MIGRATION_MISSING' | 'MIGRATION_MISNAMED' | 'MIGRATION_FAILED',
    message: string,
  ) {
    super(message)
  }
}
