import { InvalidArgumentError } from 'commander'

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const

/**
 * A length of time such as `90s`, `30m`, `1h` or `7d`, in seconds.
 *
 * @throws {InvalidArgumentError} for anything else, and for none at all
 */
export function seconds(text: string): number {
  const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? []
  const length = Number(count) * SECONDS[unit as keyof typeof SECONDS]
  if (length > 0) return length
  throw new InvalidArgumentError('It must be a length of time such as 90s, 30m, 1h or 7d.')
}
