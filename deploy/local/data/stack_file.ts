import type { ClickHouseServer } from '../clickhouse/start.js'
import type { SourceKind } from '../source_kinds.js'
import { writePrivateFile } from './secrets.js'

/**
 * The content of `stack.json`: addresses and credentials of a running stack. Only the owner of the data folder can read
 * it.
 */
export interface StackFile {
  readonly query: { readonly url: string }
  readonly collector: {
    readonly url: string
    readonly secrets: Readonly<Record<SourceKind, string>>
    /** May write records of every stream and organization. */
    readonly api_key: string
  }
  readonly kafka: { readonly brokers: readonly string[] }
  readonly clickhouse: { readonly url: string; readonly database: string; readonly users: ClickHouseServer['users'] }
  /** The URLs of the services' metrics. */
  readonly metrics: {
    readonly ingest: string
    readonly query: string
    readonly collector: string
    readonly retention: string
  }
  /** The issuer of the tokens that the query service accepts. */
  readonly issuer: { readonly issuer: string; readonly audience: string; readonly private_key_file: string }
}

/** Writes the file. It exists while the stack runs. */
export function writeStackFile(file: string, stack: StackFile): void {
  writePrivateFile(file, `${JSON.stringify(stack, undefined, 2)}\n`)
}
