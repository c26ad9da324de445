import type { Child } from './process/child.js'
import { describeEnd } from './process/last_words.js'

/** The order in which the parts of a stack stop: each before what it needs to finish its work. */
const STOP_ORDER = ['demo', 'query', 'collector', 'ingest', 'ClickHouse', 'Kafka']

/** The running parts of a stack: notices one that ends by itself, and stops them in order. */
export class Parts {
  /** Resolves when a part has ended that nobody asked to, with a sentence that says which and why. */
  readonly failure: Promise<string>

  private readonly running = new Map<string, Child>()
  private stopping: string | undefined
  private fail: (sentence: string) => void = () => undefined

  constructor() {
    this.failure = new Promise((resolve) => {
      this.fail = resolve
    })
  }

  add<C extends Child>(child: C): C {
    this.running.set(child.name, child)
    child.exited.then((exit) => {
      if (this.stopping !== child.name) this.fail(describeEnd(child, exit))
      this.running.delete(child.name)
    })
    return child
  }

  /** Stops every part that is still running, in order. Answers with a sentence for each that did not end as it should. */
  async stop(say: (line: string) => void): Promise<readonly string[]> {
    const faults: string[] = []
    if (this.running.size > 0) say('\nStopping')
    for (const name of STOP_ORDER) {
      const child = this.running.get(name)
      if (child === undefined) continue
      this.stopping = name
      const exit = await child.stop()
      // One that was still loading has no better answer to SIGTERM than to end by it.
      if (exit.code === 0 || exit.signal === 'SIGTERM') say(`  ${name.padEnd(12)}stopped`)
      else faults.push(describeEnd(child, exit, 'did not stop cleanly'))
    }
    this.stopping = undefined
    return faults
  }
}
