import { Worker } from 'node:worker_threads'
import type { Failure } from '../failures.js'
import type { Call, HeldRange, Request, Response, StoreOptions, TranscodeSummary } from './messages.js'

/** Thrown when a step of the store failed, with what to do about it. */
export class StoreError extends Error {
  override readonly name = 'StoreError'

  constructor(readonly failure: Failure) {
    super(`The store failed (${failure.code}).`)
  }
}

/** A range that the store holds until it is discarded. Each step may be tried again. */
export interface RangeTask {
  /** Turns the records into columns. @throws {StoreError} when a schema registry is needed and away */
  transcode(): Promise<TranscodeSummary>
  /**
   * Inserts one day's columns, unless it is later than `sendBy` (milliseconds since the epoch) when the last of them would be sent.
   *
   * @throws {StoreError} when ClickHouse did not take them, or they were not sent
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
 * The store, on a thread of its own: fetching goes on while columns are built. Ranges are handed over without a copy and are not the
 * caller's any more: their memory is given back by the store. `onExit` is told when the thread ends without having been closed.
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
      const { starts, lengths, offsets, timestamps } = held.range
      const transfer = [starts, lengths, offsets, timestamps].map(({ buffer }) => buffer)
      void ask({ kind: 'hold', task, held }, transfer)
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
