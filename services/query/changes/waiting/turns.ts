/** Does work for its callers in the order in which they come. */
export type TakeTurns = <T>(work: () => Promise<T>) => Promise<T>

/** At most so many at once: readers that wake together do not take the database from those who ask for lists. */
export function turns(most: number): TakeTurns {
  const waiting: (() => void)[] = []
  let underway = 0
  return async (work) => {
    if (underway >= most) await new Promise<void>((resolve) => waiting.push(resolve))
    else underway++
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      // Its turn is handed on, not given back.
      if (next === undefined) underway--
      else next()
    }
  }
}
