/** Why a stack could not be started or kept running: one sentence for a person, which says what to do. */
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
  | 'CHILD_ENDED'
  | 'NOT_READY'
