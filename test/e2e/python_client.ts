import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'

/** A program of this folder that drives a published client in its own Python. It answers one request after another. */
export class PythonClient {
  readonly #name: string
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly #answers: AsyncIterator<string>
  readonly #complaint: Promise<string>

  /** @param python an interpreter with the client installed */
  constructor(name: string, python: string) {
    this.#name = name
    this.#child = spawn(python, [join(import.meta.dirname, `${name}.py`)], { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
    this.#complaint = text(this.#child.stderr)
  }

  /** The answer to a request; rejects if the client does not accept what it got. */
  async ask<Answer>(request: object): Promise<Answer> {
    // Not as an argument: a token must not be visible in the list of processes.
    this.#child.stdin.write(`${JSON.stringify(request)}\n`)
    const line = await this.#answers.next()
    if (line.done) throw new Error(`${this.#name} failed:\n${await this.#complaint}`)
    return JSON.parse(line.value) as Answer
  }

  /** Ends the Python process: there are no more requests. */
  async stop(): Promise<void> {
    this.#child.stdin.end()
    await this.#complaint
  }
}
