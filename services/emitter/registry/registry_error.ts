/** Thrown when a schema registry does not do what it was asked for. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError'

  constructor(
    readonly code:
      | 'REGISTRY_UNREACHABLE'
      | 'REGISTRY_UNAUTHORIZED'
      | 'REGISTRY_UNEXPECTED'
      | 'REGISTRY_SCHEMA_MISSING'
      | 'REGISTRY_SCHEMA_REFUSED',
    message: string,
  ) {
    super(message)
  }

  /** Whether a later try may work without anybody doing something about it. */
  get retriable(): boolean {
    return this.code !== 'REGISTRY_SCHEMA_MISSING' && this.code !== 'REGISTRY_SCHEMA_REFUSED'
  }
}
