import { backOff } from '../backoff.js'
import type { PartitionEvents, Step } from '../events.js'
import type { Failure } from '../failures.js'

/** Thrown when this worker has lost the partition: another worker does what is left. */
export class FencedError extends Error {
  override readonly name = 'FencedError'
  readonly code = 'INGEST_FENCED'
  readonly retriable = false
}

/** Thrown when a retry would not help: the partition halts where it is, and skips nothing. */
export class HaltedError extends Error {
  override readonly name = 'HaltedError'
  readonly retriable = false

  /** `unknown` says that the failure may pass, because ClickHouse's error is on no list. */
  constructor(
    readonly code: string,
    readonly unknown = false,
  ) {
    super(`The partition is halted (${code}); see docs/errors.md.`)
  }
}

/** What a retry needs of one partition in one epoch. */
export interface RetryContext {
  readonly events: Pick<PartitionEvents, 'failed' | 'recovered'>
  /** Whether the partition still belongs to this worker. */
  readonly held: () => boolean
  /** Aborts when it does not, so that no wait outlasts it. */
  readonly signal: AbortSignal
}

/**
 * Runs a step until it succeeds. Retries what may recover for as long as it takes.
 *
 * @throws {HaltedError}
 * @throws {FencedError}
 */
export async function retryUntilDone<T>(
  step: Step,
  { events, held, signal }: RetryContext,
  failureOf: (error: unknown) => Failure,
  action: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    if (!held()) throw new FencedError('The partition was reassigned.')
    try {
      const value = await action()
      if (attempt > 1) events.recovered(step, attempt)
      return value
    } catch (error) {
      if (error instanceof FencedError || error instanceof HaltedError) throw error
      const failure = failureOf(error)
      if (!failure.retriable) throw new HaltedError(failure.code, failure.unknown)
      events.failed(step, failure.code, attempt)
      await backOff(attempt, signal)
    }
  }
}
