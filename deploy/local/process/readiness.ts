import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { StackError } from '../errors.js'
import type { Child } from './child.js'
import { describeEnd } from './last_words.js'

/** True when it is ready; else what it is waiting for, where that is known. */
export type Probe = () => Promise<true | string | undefined>

export interface ReadinessOptions {
  /** How long a child may take to become ready, in milliseconds. */
  readonly timeoutMs?: number
  /** Gives up waiting. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Waits until a child that was just started is ready. When it does not come to that, for whatever reason, it is stopped first: who
 * waits has either a ready child or none.
 *
 * @throws {StackError} `CHILD_ENDED` when the child ended, `NOT_READY` when the time ran out
 * @throws the signal's reason when the signal was aborted
 */
export async function untilReady(
  child: Child,
  probe: Probe,
  { timeoutMs = 60_000, signal }: ReadinessOptions = {},
): Promise<void> {
  const ended = child.exited.then((exit): never => {
    throw new StackError('CHILD_ENDED', describeEnd(child, exit))
  })
  // Seen by whichever race is on; between two races nobody looks.
  ended.catch(() => undefined)
  const deadline = Date.now() + timeoutMs
  try {
    for (;;) {
      const state = await Promise.race([probe(), ended])
      if (state === true) return
      signal?.throwIfAborted()
      if (Date.now() > deadline) {
        const why = state === undefined ? '' : ` It waits for: ${state}.`
        const seconds = Math.round(timeoutMs / 1000)
        throw new StackError('NOT_READY', `${child.name} was not ready in ${seconds} s (see ${child.logFile}).${why}`)
      }
      await Promise.race([sleep(25), ended])
    }
  } catch (error) {
    await child.stop()
    throw error
  }
}

/** Ready when the address answers with a success. Reads `waiting_for` out of a refusal, as a service's `/readyz` gives it. */
export function answers(url: string): Probe {
  return async () => {
    try {
      // An idle connection would keep a server that stops waiting for it.
      const response = await fetch(url, { headers: { connection: 'close' }, signal: AbortSignal.timeout(2_000) })
      const body = await response.text()
      if (response.ok) return true
      return (JSON.parse(body) as { waiting_for?: string }).waiting_for
    } catch {
      return undefined
    }
  }
}

/** Ready when something accepts connections at the port of this machine. */
export function accepts(port: number): Probe {
  return () =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => {
        socket.destroy()
        resolve(true)
      })
      socket.once('error', () => resolve(undefined))
    })
}
