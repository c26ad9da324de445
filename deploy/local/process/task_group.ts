/**
 * Runs tasks concurrently. When one fails, aborts the signal of the others with its error and waits for them, so that
 * no task still runs when this throws.
 *
 * @throws the error of the first task that failed, or the outer signal's reason
 */
export async function runTaskGroup<T extends readonly unknown[]>(
  outer: AbortSignal,
  start: (signal: AbortSignal) => { readonly [K in keyof T]: Promise<T[K]> },
): Promise<T> {
  const inner = new AbortController()
  const abort = () => inner.abort(outer.reason)
  if (outer.aborted) abort()
  outer.addEventListener('abort', abort, { once: true })
  const promises: readonly Promise<unknown>[] = start(inner.signal)
  const results = await Promise.allSettled(
    promises.map((promise) =>
      promise.catch((error: unknown) => {
        inner.abort(error)
        throw error
      }),
    ),
  )
  outer.removeEventListener('abort', abort)
  if (results.some(({ status }) => status === 'rejected')) throw inner.signal.reason
  return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as unknown as T
}
