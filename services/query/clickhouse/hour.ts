/** In microseconds. */
export const HOUR = 3_600_000_000n

/** The last full hour that is not after a time, both in microseconds since the epoch. */
export function fullHour(micros: bigint): bigint {
  return micros - (((micros % HOUR) + HOUR) % HOUR)
}
