import type { ClickHouseServer } from '../clickhouse/start.js'
import { keep } from './secrets.js'

/** What `stack.json` tells programs: where a running stack is, and how to get in. The folder's owner alone may read it. */
export interface StackFile {
  readonly query: { readonly url: string }
  readonly collector: { readonly url: string; readonly secrets: { readonly keycloak: string } }
  readonly kafka: { readonly brokers: readonly string[] }
  readonly clickhouse: { readonly url: string; readonly database: string; readonly users: ClickHouseServer['users'] }
  /** The full addresses of the services' metrics. */
  readonly metrics: { readonly ingest: string; readonly query: string; readonly collector: string }
  /** Who signs the tokens that the query service accepts. */
  readonly issuer: { readonly issuer: string; readonly audience: string; readonly private_key_file: string }
}

/** Writes the file. It is there while the stack runs: who finds it may use what it names. */
export function writeStackFile(file: string, stack: StackFile): void {
  keep(file, `${JSON.stringify(stack, undefined, 2)}\n`)
}
