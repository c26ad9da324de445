const FIRST_MS = 100
const MAX_MS = 10_000

/**
 * Waits after failed attempt number `attempt` (from 1). The wait doubles with each attempt, and has jitter so that
 * workers don't retry in step. Resolves at once when `signal` aborts; the caller checks the signal.
 */
export async function backOff(attempt: number, signal: AbortSignal, random: () => number = Math.random): Promise<void> {
  if (signal.aborted) return
  const ceiling = Math.min(MAX_MS, FIRST_MS * 2 ** Math.min(attempt - 1, 20))
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ceiling * (0.5 + random() / 2))
    signal.addEventListener('abort', end)
  })
}
