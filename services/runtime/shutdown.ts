import closeWithGrace from 'close-with-grace'
import type { Logger } from './telemetry.js'

/** One thing to stop, with the name it has in the log. */
export interface Stop {
  readonly name: string
  readonly stop: () => Promise<unknown> | unknown
}

/** How long a service may take to finish what is in flight before it is ended, in milliseconds. */
const GRACE_MS = 25_000

/**
 * Signals that mean a crash: Node can't run a listener for them safely. SIGUSR2 and SIGQUIT keep their default meaning.
 */
const NOT_A_STOP = ['SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGSEGV', 'SIGUSR2', 'SIGQUIT'] as const

/**
 * Runs a service until SIGINT, SIGTERM or SIGHUP, or until an error that nothing catches. Then stops its parts in the
 * order in which `start` returned them. A signal during the start waits for the start, within the same grace period. A
 * second signal exits at once.
 *
 * Exits 0 when all parts stopped. Exits 1 when the start failed, a stop failed, or the grace period ended.
 */
export async function runService(
  log: Logger,
  start: () => Promise<readonly Stop[]>,
  graceMs: number = GRACE_MS,
): Promise<void> {
  const starting = start()
  const listeners = closeWithGrace(
    {
      delay: graceMs,
      logger: false,
      skip: [...NOT_A_STOP],
      onTimeout: (grace_ms) => log.error({ grace_ms }, 'did not stop in time'),
      onSecondSignal: (signal) => log.error({ signal }, 'second signal: exiting at once'),
      onSecondError: (err) => log.error({ err }, 'another unexpected error: exiting at once'),
    },
    async ({ signal, err }) => {
      if (err === undefined) log.info({ signal }, 'stopping')
      else log.fatal({ err }, 'stopping after an unexpected error')
      await stopAll(log, await starting)
      log.info('stopped')
    },
  )
  try {
    await starting
  } catch (error) {
    log.fatal({ err: error }, 'could not start')
    listeners.uninstall()
    process.exit(1)
  }
}

/** Stops every part, also after one that fails. @throws {AggregateError} when a part failed */
async function stopAll(log: Logger, parts: readonly Stop[]): Promise<void> {
  const errors: unknown[] = []
  for (const { name, stop } of parts) {
    try {
      await stop()
    } catch (error) {
      log.error({ err: error, part: name }, 'could not stop')
      errors.push(error)
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, 'a part could not stop')
}
