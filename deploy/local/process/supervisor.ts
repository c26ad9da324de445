import { setTimeout as sleep } from 'node:timers/promises'
import type { Child } from './child.js'
import { describeExit } from './exit_reason.js'

/** The order in which the processes stop: each before the ones that it needs to finish its work. */
const STOP_ORDER = ['demo', 'query', 'collector', 'retention', 'ingest', 'ClickHouse', 'Kafka']

/** A process that exits this often in a minute is not restarted. */
const MAX_EXITS = 5
const EXITS_WITHIN_MS = 60_000
/** The pause before a restart, in milliseconds. It doubles with each exit in the last minute. */
const BACKOFF_MS = 500

export interface RunOptions {
  /** Cancels the start. */
  readonly signal: AbortSignal
  /** Whether the process continues its log file, because it is restarted. */
  readonly appendLog: boolean
}

/** Starts a process and resolves when it is ready. */
export type Start<C extends Child> = (options: RunOptions) => Promise<C>

/** Runs the processes of a stack: restarts one that exits unexpectedly, and stops them in order. */
export class Supervisor {
  /** Resolves with a message when a process has exited too often. */
  readonly failure: Promise<string>

  readonly #running = new Map<string, Child>()
  readonly #restarts = new Set<Promise<void>>()
  readonly #exits = new Map<string, readonly number[]>()
  readonly #stop = new AbortController()
  #fail: (message: string) => void = () => undefined

  /** @param print prints a line at the terminal */
  constructor(
    readonly print: (line: string) => void,
    readonly backoffMs: number = BACKOFF_MS,
  ) {
    this.failure = new Promise((resolve) => {
      this.#fail = resolve
    })
  }

  /**
   * Starts a process and keeps it running. Resolves when it is ready for the first time.
   *
   * @throws what `start` throws the first time
   */
  async run<C extends Child>(signal: AbortSignal, start: Start<C>): Promise<C> {
    const since = Date.now()
    const child = await start({ signal, appendLog: false })
    this.#watch(child, start, since)
    return child
  }

  /** Stops the running processes in order. Returns a message for each that did not stop cleanly. */
  async stop(): Promise<readonly string[]> {
    this.#stop.abort()
    await Promise.all(this.#restarts)
    const faults: string[] = []
    if (this.#running.size > 0) this.print('\nStopping')
    for (const name of STOP_ORDER) {
      const child = this.#running.get(name)
      if (child === undefined) continue
      const exit = await child.stop()
      // A process that is still loading has no handler for SIGTERM and ends by it.
      if (exit.code === 0 || exit.signal === 'SIGTERM') this.print(`  ${name.padEnd(12)}stopped`)
      else faults.push(describeExit(child, exit, 'did not stop cleanly'))
    }
    return faults
  }

  #watch(child: Child, start: Start<Child>, since: number): void {
    const { name } = child
    this.#running.set(name, child)
    this.print(`  ${name.padEnd(12)}ready in ${((Date.now() - since) / 1000).toFixed(1)} s`)
    child.exited.then((exit) => {
      this.#running.delete(name)
      if (this.#stop.signal.aborted) return
      const restart = this.#restart(name, start, describeExit(child, exit))
      this.#restarts.add(restart)
      restart.finally(() => this.#restarts.delete(restart))
    })
  }

  /** Starts a process again until it is ready, it has exited too often, or the stack stops. */
  async #restart(name: string, start: Start<Child>, exit: string): Promise<void> {
    const { signal } = this.#stop
    let reason = exit
    for (;;) {
      const exits = this.#countExit(name)
      if (exits >= MAX_EXITS) {
        this.#fail(`${reason} It exited ${MAX_EXITS} times in a minute.`)
        return
      }
      this.print(`  ! ${reason} Restarting it.`)
      await sleep(this.backoffMs * 2 ** (exits - 1), undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return
      const since = Date.now()
      try {
        this.#watch(await start({ signal, appendLog: true }), start, since)
        return
      } catch (error) {
        if (signal.aborted) return
        reason = error instanceof Error ? error.message : `${name} could not start.`
      }
    }
  }

  /** Records an exit and returns how many there were in the last minute. */
  #countExit(name: string): number {
    const now = Date.now()
    const recent = [...(this.#exits.get(name) ?? []).filter((at) => at > now - EXITS_WITHIN_MS), now]
    this.#exits.set(name, recent)
    return recent.length
  }
}
