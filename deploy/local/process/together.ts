/**
 * Does several things at once. When one fails, the others are given up (their signal is aborted with its error) and waited for, so
 * that nothing is still under way when this throws.
 *
 * @throws what the first to fail threw, or the outer signal's reason
 */
export async function together<T extends readonly unknown[]>(
  outer: AbortSignal,
  start: (signal: AbortSignal) => { readonly [K in keyof T]: Promise<T[K]> },
): Promise<T> {
  const inner = new AbortController()
  const give = () => inner.abort(outer.reason)
  if (outer.aborted) give()
  outer.addEventListener('abort', give, { once: true })
  const promises: readonly Promise<unknown>[] = start(inner.signal)
  const results = await Promise.allSettled(
    promises.map((promise) =>
      promise.catch((error: unknown) => {
        inner.abort(error)
        throw error
      }),
    ),
  )
  outer.removeEventListener('abort', give)
  if (results.some(({ status }) => status === 'rejected')) throw inner.signal.reason
  return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as unknown as T
}
