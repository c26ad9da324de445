import { Worker } from 'node:worker_threads'
import type { Failure } from '../failures.js'
import type { Call, HeldRange, Request, Response, StoreOptions, TranscodeSummary } from './messages.js'

/** Thrown when a step of the store fails. `failure` says whether a retry may help. */
export class StoreError extends Error {
  override readonly name = 'StoreError'

  constructor(readonly failure: Failure) {
    super(`The store failed (${failure.code}).`)
  }
}

/** A range in the store until `discard`. Each step may be retried. */
export interface RangeTask {
  /** Turns the records into columns. @throws {StoreError} when the schema registry is needed and unreachable */
  transcode(): Promise<TranscodeSummary>
  /**
   * Inserts the columns of one day, unless `sendBy` (milliseconds since 1970) has passed before the last byte is sent.
   *
   * @throws {StoreError} when ClickHouse rejects the insert, or the insert was not completed
   */
  insert(day: string, token: string, sendBy: number): Promise<void>
  discard(): void
}

/** Turns ranges into ClickHouse's columns and inserts them. */
export interface Store {
  hold(held: HeldRange): RangeTask
  close(): Promise<void>
}

/**
 * Starts the store on its own thread, so that fetching continues while columns are built. The store takes ownership of
 * ranges without a copy, and gives their memory back. It calls `onExit` when the thread ends before `close`.
 */
export function openStore(options: StoreOptions, onExit: (error: Error) => void): Store {
  const worker = new Worker(new URL('./thread.js', import.meta.url), { workerData: options })
  const calls = new Map<
    number,
    { resolve: (value: TranscodeSummary | undefined) => void; reject: (error: Error) => void }
  >()
  let lastCall = 0
  let lastTask = 0
  let closing = false

  worker.on('message', (response: Response) => {
    const call = calls.get(response.call)
    calls.delete(response.call)
    if (response.ok) call?.resolve(response.value)
    else call?.reject(new StoreError(response.failure))
  })
  worker.on('error', (error) => onExit(error as Error))
  worker.on('exit', (code) => {
    if (!closing) onExit(new Error(`The store's thread ended with code ${code}.`))
  })

  function ask(request: Request, transfer: readonly ArrayBuffer[] = []): Promise<TranscodeSummary | undefined> {
    return new Promise((resolve, reject) => {
      const call: Call = { call: ++lastCall, request }
      calls.set(call.call, { resolve, reject })
      worker.postMessage(call, transfer)
    })
  }

  return {
    hold(held) {
      const task = ++lastTask
      const { starts, lengths, keyStarts, keyLengths, offsets, timestamps } = held.range
      const transfer = [starts, lengths, keyStarts, keyLengths, offsets, timestamps].map(({ buffer }) => buffer)
      // The thread has no use for dead letters, which would be copied.
      const range = { ...held.range, deadLetters: [] }
      void ask({ kind: 'hold', task, held: { ...held, range } }, transfer)
      return {
        transcode: async () => (await ask({ kind: 'transcode', task })) as TranscodeSummary,
        insert: async (day, token, sendBy) => {
          await ask({ kind: 'insert', task, day, token, sendBy })
        },
        discard: () => {
          void ask({ kind: 'discard', task })
        },
      }
    },
    async close() {
      closing = true
      await worker.terminate()
    },
  }
}
