/** In microseconds. */
export const HOUR = 3_600_000_000n
/** In microseconds. */
export const DAY = 24n * HOUR
