/** Thrown when a command fails. The message is one sentence for the user and says what to do. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly retriable = false

  constructor(
    readonly code:
      | 'STACK_FILE_MISSING'
      | 'STACK_FILE_INVALID'
      | 'ISSUER_KEY_UNREADABLE'
      | 'INPUT_UNREADABLE'
      | 'KAFKA_AWAY'
      | 'LETTER_UNKNOWN'
      | 'LETTERS_NOT_NAMED'
      | 'PERIOD_MISSING'
      | 'HOLD_EMPTY'
      | 'HOLD_UNKNOWN'
      | 'FILTER_INVALID'
      | 'SERVICE_AWAY'
      | 'WRITE_REFUSED'
      | 'URL_INVALID'
      | 'CREDENTIAL_MISSING'
      | 'TAIL_REFUSED'
      | 'QUERY_REFUSED'
      | 'EXPORT_REFUSED'
      | 'EXPORT_BROKEN'
      | 'EXPORT_DIFFERS'
      | 'OUTPUT_UNWRITABLE'
      | 'OUTPUT_EXISTS',
    message: string,
  ) {
    super(message)
  }
}
