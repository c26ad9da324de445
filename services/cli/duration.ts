import { InvalidArgumentError } from 'commander'

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const

/**
 * Parses a duration such as `90s`, `30m`, `1h` or `7d` into seconds.
 *
 * @throws {InvalidArgumentError} for any other text, and for zero
 */
export function seconds(text: string): number {
  const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? []
  const length = Number(count) * SECONDS[unit as keyof typeof SECONDS]
  if (length > 0) return length
  throw new InvalidArgumentError('It must be a duration such as 90s, 30m, 1h or 7d.')
}
