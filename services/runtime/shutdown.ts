import type { Logger } from './telemetry.js'

/** One thing to stop, with the name it has in the log. */
export interface Stop {
  readonly name: string
  readonly stop: () => Promise<unknown> | unknown
}

/** How long a service may take to finish what is in flight before it is ended, in milliseconds. */
const GRACE_MS = 25_000

/**
 * Runs a service until SIGINT or SIGTERM, then stops its parts in the order in which `start` returned them. Exits 0 when all
 * stopped, 1 when the start or a stop failed or took longer than the grace.
 */
export async function runService(log: Logger, start: () => Promise<readonly Stop[]>): Promise<void> {
  let parts: readonly Stop[] = []
  try {
    const asked = new Promise<string>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(signal))
    })
    parts = await start()
    const signal = await asked
    log.info({ signal }, 'stopping')
  } catch (error) {
    log.fatal({ err: error }, 'could not start')
    process.exitCode = 1
  }
  const deadline = setTimeout(() => {
    log.error({ grace_ms: GRACE_MS }, 'did not stop in time')
    process.exit(1)
  }, GRACE_MS)
  deadline.unref()
  for (const { name, stop } of parts) {
    try {
      await stop()
    } catch (error) {
      log.error({ err: error, part: name }, 'could not stop')
      process.exitCode = 1
    }
  }
  log.info('stopped')
  process.exit()
}
