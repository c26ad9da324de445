import { BEGINNING, isBefore, type StreamPosition } from '../stream_position.js'
import type { Marks } from './marks.js'

/** Polls the marks for all readers that wait, so that a thousand readers ask the database no more often than one. */
export interface MarksPoller {
  /**
   * The marks of a stream as they were at the call, or later. Callers that come while a query runs share the next one.
   *
   * @throws {DatabaseError}
   */
  marks(stream: string): Promise<StreamPosition>
  /**
   * Waits until the stream has offsets past `position`, and returns its marks. Returns undefined when `timeoutMs`
   * passes, `signal` aborts or the poller is closed first.
   *
   * @throws {DatabaseError} when a query for the marks fails during the wait
   */
  waitPast(stream: string, position: StreamPosition, options: WaitOptions): Promise<StreamPosition | undefined>
  /** Ends every wait. Later waits return at once. */
  close(): void
  readonly closed: boolean
}

export interface WaitOptions {
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

export interface MarksPollerOptions {
  readonly read: () => Promise<Marks>
  /** Between two polls while a reader waits, in milliseconds. While none waits, there are no polls. */
  readonly intervalMs: number
}

interface Waiter {
  readonly stream: string
  readonly position: StreamPosition
  readonly resolve: (marks: StreamPosition | undefined) => void
  readonly reject: (error: unknown) => void
}

export function createMarksPoller({ read, intervalMs }: MarksPollerOptions): MarksPoller {
  const waiters = new Set<Waiter>()
  let latest: Marks = new Map()
  let running: Promise<Marks> | undefined
  let next: Promise<Marks> | undefined
  let timer: NodeJS.Timeout | undefined
  let polledAt = 0
  let closed = false

  function poll(): Promise<Marks> {
    if (next !== undefined) return next
    if (running !== undefined) {
      next = running.catch(() => undefined).then(startPoll)
      return next
    }
    return startPoll()
  }

  function startPoll(): Promise<Marks> {
    next = undefined
    polledAt = Date.now()
    running = read()
      .then((marks) => {
        latest = marks
        return marks
      })
      .finally(() => {
        running = undefined
      })
    return running
  }

  /** Polls again when the interval has passed, for as long as a reader waits. */
  function schedule(): void {
    if (timer !== undefined || waiters.size === 0 || closed) return
    timer = setTimeout(
      async () => {
        try {
          await poll()
          for (const waiter of waiters) {
            const marks = marksPast(waiter)
            if (marks !== undefined && waiters.delete(waiter)) waiter.resolve(marks)
          }
        } catch (error) {
          for (const { reject } of waiters) reject(error)
          waiters.clear()
        }
        timer = undefined
        schedule()
      },
      Math.max(0, polledAt + intervalMs - Date.now()),
    )
  }

  /**
   * The latest marks, if they are past the position. Marks only grow, so it does not matter that they may be outdated.
   */
  function marksPast({ stream, position }: Pick<Waiter, 'stream' | 'position'>): StreamPosition | undefined {
    const marks = latest.get(stream) ?? BEGINNING
    return isBefore(position, marks) ? marks : undefined
  }

  return {
    async marks(stream) {
      return (await poll()).get(stream) ?? BEGINNING
    },
    async waitPast(stream, position, { timeoutMs, signal }) {
      if (closed || signal.aborted) return undefined
      const marks = marksPast({ stream, position })
      if (marks !== undefined) return marks
      let cleanUp = (): void => undefined
      try {
        return await new Promise<StreamPosition | undefined>((resolve, reject) => {
          const waiter: Waiter = { stream, position, resolve, reject }
          const giveUp = (): void => resolve(undefined)
          const timeout = setTimeout(giveUp, Math.min(timeoutMs, MAX_TIMER_MS))
          signal.addEventListener('abort', giveUp, { once: true })
          cleanUp = () => {
            clearTimeout(timeout)
            signal.removeEventListener('abort', giveUp)
            waiters.delete(waiter)
          }
          waiters.add(waiter)
          schedule()
        })
      } finally {
        cleanUp()
      }
    },
    close() {
      closed = true
      clearTimeout(timer)
      timer = undefined
      for (const { resolve } of waiters) resolve(undefined)
    },
    get closed() {
      return closed
    },
  }
}

/** Node cannot set a longer timer. */
const MAX_TIMER_MS = 2 ** 31 - 1
