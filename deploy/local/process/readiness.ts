import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { StackError } from '../errors.js'
import type { Child } from './child.js'
import { describeExit } from './exit_reason.js'

/** Returns true when the child is ready; else what it waits for, if known. */
export type Probe = () => Promise<true | string | undefined>

export interface ReadinessOptions {
  /** How long a child may take to become ready, in milliseconds. */
  readonly timeoutMs?: number
  /** Cancels the waiting. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Waits until a child is ready. If it does not become ready, it is stopped before this throws.
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
    throw new StackError('CHILD_ENDED', describeExit(child, exit))
  })
  // A race handles the rejection; between two races nothing does.
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

/**
 * Ready when the URL answers with a 2xx status. Other responses may name the reason in `waiting_for`, as `/readyz`
 * does.
 */
export function respondsOk(url: string): Probe {
  return async () => {
    try {
      // A server that stops would wait for an idle connection.
      const response = await fetch(url, { headers: { connection: 'close' }, signal: AbortSignal.timeout(2_000) })
      const body = await response.text()
      if (response.ok) return true
      return (JSON.parse(body) as { waiting_for?: string }).waiting_for
    } catch {
      return undefined
    }
  }
}

/** Ready when the port of this machine accepts connections. */
export function acceptsConnections(port: number): Probe {
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
