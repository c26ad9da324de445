import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The newest that runs on Python 3.11. */
const REQUIREMENT = 'agilicus==1.415.0'
const program = join(import.meta.dirname, 'agilicus_records.py')

export interface Query {
  readonly api: string
  readonly token: string
  /** Sign-ins where it is left out. */
  readonly stream?: 'auth_audits' | 'audits'
  /** Parameters of the client's `list_auth_records`, or of its `list_audits`. */
  readonly query: Readonly<Record<string, string | number>>
}

/** A record as the published client has read it: only the fields that it was given. */
export type ClientRecord = Readonly<Record<string, unknown>>

/** The published `agilicus` client, in a Python of its own that answers one question after the other. */
export class AgilicusClient {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly #answers: AsyncIterator<string>
  readonly #complaint: Promise<string>

  private constructor(python: string) {
    this.#child = spawn(python, [program], { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
    this.#complaint = text(this.#child.stderr)
  }

  /** The first start on a machine installs the client, which takes about a minute. */
  static async start(): Promise<AgilicusClient> {
    return new AgilicusClient(await python())
  }

  /** What the client reads; rejects with its complaint when it does not take the answer. */
  async list(query: Query): Promise<readonly ClientRecord[]> {
    // The token goes where no list of processes shows it.
    this.#child.stdin.write(`${JSON.stringify({ stream: 'auth_audits', ...query })}\n`)
    const answer = await this.#answers.next()
    if (answer.done) throw new Error(`the agilicus client failed:\n${await this.#complaint}`)
    return JSON.parse(answer.value)
  }

  /** Ends the Python: it has no more questions to wait for. */
  async stop(): Promise<void> {
    this.#child.stdin.end()
    await this.#complaint
  }
}

/** A Python that has the client, in the user's cache. */
async function python(): Promise<string> {
  const { stdout } = await run('python3', ['-c', 'import sys; print(sys.version)'])
  const key = createHash('sha256').update(REQUIREMENT).update(stdout).digest('hex').slice(0, 12)
  const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'gatelog', `agilicus-${key}`)
  const interpreter = join(folder, 'bin', 'python')
  if (existsSync(interpreter)) return interpreter
  await mkdir(dirname(folder), { recursive: true })
  // Made aside and moved into place whole; an interpreter finds its packages beside itself, wherever it is moved to.
  const aside = await mkdtemp(`${folder}.`)
  try {
    await run('python3', ['-m', 'venv', aside])
    await run(join(aside, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', REQUIREMENT])
    await rename(aside, folder)
  } catch (error) {
    await rm(aside, { recursive: true, force: true })
    if (!existsSync(interpreter)) throw error
  }
  return interpreter
}
