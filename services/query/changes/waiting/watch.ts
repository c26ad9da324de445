import { BEGINNING, isBefore, type Position } from '../position.js'
import type { Marks } from './marks.js'

/** Looks at the marks for all who wait for them, so that a thousand waiters ask the database no more than one does. */
export interface MarksWatch {
  /**
   * The marks of a stream as they stood at the call, or later. Who asks while an earlier answer is under way shares the next one.
   *
   * @throws {DatabaseError}
   */
  marks(stream: string): Promise<Position>
  /**
   * Waits until something of the stream lies beyond `position`, and answers with its marks; undefined when `timeoutMs` has passed, `signal`
   * aborts or the watch is closed before.
   *
   * @throws {DatabaseError} when the marks could not be read meanwhile
   */
  beyond(stream: string, position: Position, wait: Wait): Promise<Position | undefined>
  /** Ends every wait, and all that come after at once. */
  close(): void
  readonly closed: boolean
}

export interface Wait {
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

export interface WatchOptions {
  readonly read: () => Promise<Marks>
  /** From one look to the next while somebody waits, in milliseconds; while nobody does, there is none. */
  readonly intervalMs: number
}

interface Waiter {
  readonly stream: string
  readonly position: Position
  readonly settle: (marks: Position | undefined) => void
  readonly fail: (error: unknown) => void
}

export function watchMarks({ read, intervalMs }: WatchOptions): MarksWatch {
  const waiters = new Set<Waiter>()
  let latest: Marks = new Map()
  let underway: Promise<Marks> | undefined
  let following: Promise<Marks> | undefined
  let timer: NodeJS.Timeout | undefined
  let lookedAt = 0
  let closed = false

  function look(): Promise<Marks> {
    if (following !== undefined) return following
    if (underway !== undefined) {
      following = underway.catch(() => undefined).then(begin)
      return following
    }
    return begin()
  }

  function begin(): Promise<Marks> {
    following = undefined
    lookedAt = Date.now()
    underway = read()
      .then((marks) => {
        latest = marks
        return marks
      })
      .finally(() => {
        underway = undefined
      })
    return underway
  }

  /** Looks again when the interval has passed, for as long as somebody waits. */
  function schedule(): void {
    if (timer !== undefined || waiters.size === 0 || closed) return
    timer = setTimeout(
      async () => {
        try {
          await look()
          for (const waiter of waiters) {
            const marks = marksBeyond(waiter)
            if (marks !== undefined && waiters.delete(waiter)) waiter.settle(marks)
          }
        } catch (error) {
          for (const { fail } of waiters) fail(error)
          waiters.clear()
        }
        timer = undefined
        schedule()
      },
      Math.max(0, lookedAt + intervalMs - Date.now()),
    )
  }

  /** The latest marks, where something lies between the position and them. Older ones than the database’s will do: marks only grow. */
  function marksBeyond({ stream, position }: Pick<Waiter, 'stream' | 'position'>): Position | undefined {
    const marks = latest.get(stream) ?? BEGINNING
    return isBefore(position, marks) ? marks : undefined
  }

  return {
    async marks(stream) {
      return (await look()).get(stream) ?? BEGINNING
    },
    async beyond(stream, position, { timeoutMs, signal }) {
      if (closed || signal.aborted) return undefined
      const marks = marksBeyond({ stream, position })
      if (marks !== undefined) return marks
      let end = (): void => undefined
      try {
        return await new Promise<Position | undefined>((resolve, reject) => {
          const waiter: Waiter = { stream, position, settle: resolve, fail: reject }
          const leave = (): void => resolve(undefined)
          const timeout = setTimeout(leave, Math.min(timeoutMs, LONGEST_TIMER_MS))
          signal.addEventListener('abort', leave, { once: true })
          end = () => {
            clearTimeout(timeout)
            signal.removeEventListener('abort', leave)
            waiters.delete(waiter)
          }
          waiters.add(waiter)
          schedule()
        })
      } finally {
        end()
      }
    },
    close() {
      closed = true
      clearTimeout(timer)
      timer = undefined
      for (const { settle } of waiters) settle(undefined)
    },
    get closed() {
      return closed
    },
  }
}

/** What a timer of Node's can count to. */
const LONGEST_TIMER_MS = 2 ** 31 - 1
