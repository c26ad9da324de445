/** Thrown when a stack cannot start or keep running. The message is one sentence for the user and says what to do. */
export class StackError extends Error {
  override readonly name = 'StackError'
  readonly retriable = false

  constructor(
    readonly code: StackErrorCode,
    message: string,
  ) {
    super(message)
  }
}

export type StackErrorCode =
  | 'NODE_TOO_OLD'
  | 'JAVA_MISSING'
  | 'JAVA_TOO_OLD'
  | 'MAVEN_MISSING'
  | 'DOWNLOAD_FAILED'
  | 'PLATFORM_UNSUPPORTED'
  | 'PORT_IN_USE'
  | 'FOLDER_UNUSABLE'
  | 'FOLDER_IN_USE'
  | 'CACHE_UNUSABLE'
  | 'CHILD_ENDED'
  | 'NOT_READY'
