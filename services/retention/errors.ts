/** Thrown when a run cannot begin. */
export class RetentionError extends Error {
  override readonly name = 'RetentionError'
  readonly retriable = true

  constructor(
    readonly code: 'RETENTION_RUNNING',
    message: string,
  ) {
    super(message)
  }
}
