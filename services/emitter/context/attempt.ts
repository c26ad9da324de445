import { AsyncLocalStorage } from 'node:async_hooks'

/** What the stages of one attempt to sign in share. */
export interface Attempt {
  readonly trace_id?: string | undefined
  readonly session?: string | undefined
}

const storage = new AsyncLocalStorage<{ attempt: Attempt }>()

/**
 * Calls `work`. Each record that is emitted within it, also after an `await`, has the attempt's fields, unless it has
 * its own. An attempt within another begins with the other's fields.
 */
export function withAttempt<T>(attempt: Attempt, work: () => T): T {
  return storage.run({ attempt: { ...storage.getStore()?.attempt, ...attempt } }, work)
}

/** Adds what is known only later, such as the session after a success. Does nothing outside an attempt. */
export function continueAttempt(attempt: Attempt): void {
  const store = storage.getStore()
  if (store !== undefined) store.attempt = { ...store.attempt, ...attempt }
}

/** The fields of the attempt that this code runs in. */
export function currentAttempt(): Attempt {
  return storage.getStore()?.attempt ?? {}
}
