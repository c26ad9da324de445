import { setTimeout as sleep } from 'node:timers/promises'
import { RetentionError } from './errors.js'
import type { Events } from './events.js'

/** Runs one after another until it is stopped. */
export interface Schedule {
  /** Resolves when the run that is at work has ended. */
  stop(): Promise<void>
  /** Why the last run failed; undefined if it did not. */
  fault(): string | undefined
}

/**
 * Runs at once, and then each time when the interval since the start of the last run has passed. A run that fails is
 * tried again after a minute. Another process that runs is no failure.
 */
export function startSchedule(
  run: (signal: AbortSignal) => Promise<void>,
  events: Events,
  { intervalMs, retryMs = 60_000 }: { readonly intervalMs: number; readonly retryMs?: number },
): Schedule {
  const stopping = new AbortController()
  const { signal } = stopping
  let fault: string | undefined

  async function once(): Promise<boolean> {
    const begun = Date.now()
    try {
      await run(signal)
      fault = undefined
      events.ran((Date.now() - begun) / 1_000)
    } catch (error) {
      if (error instanceof RetentionError) return true
      fault = error instanceof Error ? error.message.split('\n')[0] : String(error)
      events.failed(error)
      return false
    }
    return true
  }

  async function loop(): Promise<void> {
    while (!signal.aborted) {
      const begun = Date.now()
      const pause = (await once()) ? begun + intervalMs - Date.now() : retryMs
      await sleep(Math.max(0, pause), undefined, { signal }).catch(() => undefined)
    }
  }

  const looping = loop()
  return {
    async stop() {
      stopping.abort()
      await looping
    },
    fault: () => fault,
  }
}
