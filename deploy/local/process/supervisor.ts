import type { Child } from './child.js'
import { describeExit } from './exit_reason.js'

/** The order in which the processes stop: each before the ones that it needs to finish its work. */
const STOP_ORDER = ['demo', 'query', 'collector', 'ingest', 'ClickHouse', 'Kafka']

/** Watches the processes of a stack and stops them in order. */
export class Supervisor {
  /** Resolves with a message when a process has exited unexpectedly. */
  readonly failure: Promise<string>

  private readonly running = new Map<string, Child>()
  private stopping: string | undefined
  private fail: (message: string) => void = () => undefined

  constructor() {
    this.failure = new Promise((resolve) => {
      this.fail = resolve
    })
  }

  add<C extends Child>(child: C): C {
    this.running.set(child.name, child)
    child.exited.then((exit) => {
      if (this.stopping !== child.name) this.fail(describeExit(child, exit))
      this.running.delete(child.name)
    })
    return child
  }

  /** Stops the running processes in order. Returns a message for each that did not stop cleanly. */
  async stop(print: (line: string) => void): Promise<readonly string[]> {
    const faults: string[] = []
    if (this.running.size > 0) print('\nStopping')
    for (const name of STOP_ORDER) {
      const child = this.running.get(name)
      if (child === undefined) continue
      this.stopping = name
      const exit = await child.stop()
      // A process that is still loading has no handler for SIGTERM and ends by it.
      if (exit.code === 0 || exit.signal === 'SIGTERM') print(`  ${name.padEnd(12)}stopped`)
      else faults.push(describeExit(child, exit, 'did not stop cleanly'))
    }
    this.stopping = undefined
    return faults
  }
}
