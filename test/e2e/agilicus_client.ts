import { execFile } from 'node:child_process'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { pythonWith } from '../fixtures/stack/python_environment.js'
import { PythonClient } from './python_client.js'

const run = promisify(execFile)

/** 1.415 is the newest for Python 3.11; 1.445 is the first whose `auto_paging_iter` pages records. */
export type Version = '1.415.0' | '1.445.0'

export interface Query {
  readonly api: string
  readonly token: string
  /** Sign-ins by default. */
  readonly stream?: 'auth_audits' | 'audits'
  /** Parameters of the client's `list_auth_records` or `list_audits`. */
  readonly query: Readonly<Record<string, string | number | readonly string[]>>
}

/** The exception that the client raises for an error: its `ApiException`. */
export class ApiException extends Error {
  constructor(
    readonly status: number,
    readonly body: string,
    readonly headers: Readonly<Record<string, string>>,
  ) {
    super(`the agilicus client raised ${status}: ${body}`)
  }
}

type Answer =
  | { readonly records: readonly ClientRecord[] }
  | { readonly error: ApiException }
  | { readonly refused: string }

/** A record as the published client reads it: only the fields that it received. */
export type ClientRecord = Readonly<Record<string, unknown>>

/** The published `agilicus` client in its own Python, which answers one request after the other. */
export class AgilicusClient {
  readonly #client: PythonClient

  private constructor(python: string) {
    this.#client = new PythonClient('agilicus_records', python)
  }

  /** The first start on a machine installs the client, which takes about a minute. */
  static async start(version: Version = '1.415.0'): Promise<AgilicusClient> {
    return new AgilicusClient(await python(version))
  }

  /** The records that the client reads; rejects if it does not accept the answer. */
  list(query: Query): Promise<readonly ClientRecord[]> {
    return this.#ask({ ...query, paging: false })
  }

  /** The records that the client reads page by page with `auto_paging_iter`; rejects if the client cannot. */
  pages(query: Query): Promise<readonly ClientRecord[]> {
    return this.#ask({ ...query, paging: true })
  }

  async #ask(request: Query & { readonly paging: boolean }): Promise<readonly ClientRecord[]> {
    const answer = await this.#client.ask<Answer>({ stream: 'auth_audits', ...request })
    if ('refused' in answer) throw new Error(answer.refused)
    if ('error' in answer) throw new ApiException(answer.error.status, answer.error.body, answer.error.headers)
    return answer.records
  }

  /** Ends the Python process: there are no more requests. */
  stop(): Promise<void> {
    return this.#client.stop()
  }
}

/** The output lines of `agilicus-cli list-auth-audit-records`, of a client as old as the first one here. */
export async function listByCommand({ api, token, query }: Query): Promise<readonly string[]> {
  const interpreter = await python('1.415.0')
  const options = Object.entries(query).flatMap(([name, value]) => [`--${name.replaceAll('_', '-')}`, String(value)])
  // Run by the interpreter, because the script names the interpreter of the machine that built it.
  const command = [join(dirname(interpreter), 'agilicus-cli'), '--api', api, '--token', token]
  const { stdout } = await run(interpreter, [...command, 'list-auth-audit-records', ...options])
  return stdout.trimEnd().split('\n')
}

/** A Python with the client installed. */
function python(version: Version): Promise<string> {
  // The newer client requires a newer Python than it needs, and packages whose newest release may not be everywhere
  // yet. The packages of the older one work.
  const newer = version === '1.415.0' ? [] : [['--no-deps', '--ignore-requires-python', `agilicus==${version}`]]
  return pythonWith('agilicus', [['agilicus==1.415.0'], ...newer])
}
