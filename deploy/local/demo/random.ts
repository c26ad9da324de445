/** A source of numbers in [0, 1), as `Math.random` is. A seeded one makes the same traffic again. */
export type Random = () => number

/** Picks one of several with equal probability. */
export function pick<T>(random: Random, several: readonly [T, ...T[]]): T {
  return several[Math.floor(random() * several.length)] ?? several[0]
}

/** An integer in [low, high]. */
export function between(random: Random, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1))
}

/** The time to the next of independent events, which are `mean` apart on average (exponential distribution). */
export function waitOf(random: Random, mean: number): number {
  return -Math.log(1 - random()) * mean
}

/** `digits` hexadecimal digits. */
export function hex(random: Random, digits: number): string {
  return Array.from({ length: digits }, () => between(random, 0, 15).toString(16)).join('')
}

/** A random UUID (version 4). */
export function uuid(random: Random): string {
  const variant = (8 + between(random, 0, 3)).toString(16)
  return `${hex(random, 8)}-${hex(random, 4)}-4${hex(random, 3)}-${variant}${hex(random, 3)}-${hex(random, 12)}`
}

/** A pseudorandom number generator (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
