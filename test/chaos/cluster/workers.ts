import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { program } from '../../../deploy/local/data/files.js'
import type { Instruction, WorkerArguments, WorkerMessage } from '../worker/main.js'
import { isMutation, mutationArguments } from '../worker/mutations.js'
import type { Order, Reached } from '../worker/points.js'
import type { Safeguard } from '../worker/safeguards.js'
import type { Wires } from './cluster.js'

/** One worker: a process, and the process that replaces it. */
export interface Worker {
  readonly name: string
  readonly wires: Wires
  readonly running: boolean
  /** How many times partitions of its processes have halted. */
  readonly halts: number
  /** Starts a process. Resolves when it has joined its group or has exited. */
  start(order?: Order): Promise<void>
  /** SIGKILL. */
  kill(): Promise<void>
  /** SIGTERM, as in a deployment. */
  stop(): Promise<void>
  /** SIGSTOP. */
  freeze(): void
  /** SIGCONT. */
  thaw(): void
  /**
   * Gives the process an order for a point of the protocol. Resolves when it is executed, or to undefined after
   * `timeoutMs`.
   */
  order(order: Order, timeoutMs: number): Promise<Reached | undefined>
  /** The last report about an order given at `start`. */
  reached(timeoutMs: number): Promise<Reached | undefined>
}

export interface WorkerOptions {
  readonly number: number
  readonly wires: Wires
  readonly environment: Readonly<Record<string, string>>
  readonly logFile: string
  /** The safeguard that its processes lack. */
  readonly without?: Safeguard | undefined
  /** Called when a process exits that the suite did not end. */
  readonly onFall: (how: string) => void
}

const AGAIN_MS = 1_000

/** All processes end with the suite: a frozen one would not notice that its parent is gone. */
const living = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL')
})

export function createWorker(options: WorkerOptions): Worker {
  const name = `worker ${options.number}`
  let child: ChildProcess | undefined
  let intended = false
  let starting = false
  let fired: Reached | undefined
  let halts = 0
  let onReached: (reached: Reached) => void = () => undefined

  function listen(started: ChildProcess): void {
    started.on('message', (message: WorkerMessage) => {
      if (message === 'started') return
      if (message === 'halted') {
        halts++
        return
      }
      fired = message
      onReached(fired)
    })
    // The message was not delivered because the process has just exited. Its exit is handled below.
    started.on('error', () => undefined)
    living.add(started)
    started.once('exit', (code, signal) => {
      living.delete(started)
      if (child === started) child = undefined
      if (!intended && !starting) options.onFall(`${name} ended by itself (${signal ?? `exit code ${code}`})`)
    })
  }

  /** Resolves to whether to leave the process as it is: it has started, or was ended on purpose. */
  async function launch(order: Order | undefined): Promise<boolean> {
    fired = undefined
    starting = true
    intended = order?.action === 'kill'
    const log = openSync(options.logFile, 'a')
    const { without } = options
    const mutated = without !== undefined && isMutation(without)
    const args: WorkerArguments = { sabotage: mutated ? undefined : without, order }
    const started = fork(program('test', 'chaos', 'worker', 'main.js'), [JSON.stringify(args)], {
      env: { PATH: process.env.PATH, KAFKAJS_NO_PARTITIONER_WARNING: '1', ...options.environment },
      execArgv: mutated ? mutationArguments(without) : [],
      stdio: ['ignore', log, log, 'ipc'],
    })
    closeSync(log)
    child = started
    listen(started)
    await Promise.race([once(started, 'message'), once(started, 'exit')])
    starting = false
    return child === started || intended
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const running = child
    if (running === undefined) return
    intended = true
    const ended = once(running, 'exit')
    running.kill(signal)
    // A frozen process takes no SIGTERM.
    running.kill('SIGCONT')
    const [code] = (await ended) as [number | null]
    if (signal === 'SIGTERM' && code !== 0 && fired === undefined)
      options.onFall(`${name} did not stop in order (exit code ${code})`)
  }

  function send(instruction: Instruction): void {
    if (child?.connected) child.send(instruction)
  }

  function reached(timeoutMs: number): Promise<Reached | undefined> {
    if (fired !== undefined) return Promise.resolve(fired)
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        onReached = () => undefined
        // An order that expired must not be executed later.
        send({})
        resolve(undefined)
      }, timeoutMs)
      onReached = (what) => {
        clearTimeout(timer)
        resolve(what)
      }
    })
  }

  return {
    name,
    wires: options.wires,
    get running() {
      return child !== undefined
    },
    get halts() {
      return halts
    },
    async start(order) {
      // A service that cannot start because a server is away exits, and its supervisor restarts it.
      for (let startMs = 0; child === undefined; startMs = AGAIN_MS) {
        await sleep(startMs)
        if (child === undefined && (await launch(order))) return
      }
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    freeze: () => void child?.kill('SIGSTOP'),
    thaw() {
      fired = undefined
      child?.kill('SIGCONT')
    },
    order(order, timeoutMs) {
      fired = undefined
      if (order.action === 'kill') intended = true
      send({ order })
      return reached(timeoutMs)
    },
    reached,
  }
}

/** The path of a worker's log. */
export function workerLog(dir: string, number: number): string {
  return join(dir, `worker-${number}.log`)
}
