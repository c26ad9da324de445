/**
 * An RFC 3339 date-time in microseconds since 1970-01-01T00:00:00Z, or undefined when the text is not one. A zone is
 * required, as the RFC has it; digits past the sixth are cut off. A leap second counts as the first moment after it, as
 * POSIX time has it.
 */
export function microsFromRfc3339(text: string): bigint | undefined {
  const match = PATTERN.exec(text)
  if (match === null) return undefined
  const [, date, hour, minute, second, fraction = '', sign, zoneHour, zoneMinute] = match
  const [year, month, day] = (date as string).split('-').map(Number) as [number, number, number]
  const midnight = new Date(0)
  midnight.setUTCFullYear(year, month - 1, day)
  if (midnight.getUTCMonth() !== month - 1 || midnight.getUTCDate() !== day) return undefined
  const [h, m, s] = [Number(hour), Number(minute), Number(second)]
  const [zh, zm] = [Number(zoneHour ?? 0), Number(zoneMinute ?? 0)]
  if (h > 23 || m > 59 || s > 60 || zh > 23 || zm > 59) return undefined
  const zoneSeconds = (sign === '-' ? -1 : 1) * (zh * 3600 + zm * 60)
  const seconds = midnight.getTime() / 1000 + h * 3600 + m * 60 + s - zoneSeconds
  return BigInt(seconds) * 1_000_000n + BigInt(fraction.slice(0, 6).padEnd(6, '0'))
}

const PATTERN = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/

/** Microseconds since the epoch as RFC 3339 text in UTC, with six digits after the point. */
export function rfc3339FromMicros(micros: bigint): string {
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n
  const seconds = new Date(Number((micros - fraction) / 1000n)).toISOString().slice(0, -5)
  return `${seconds}.${fraction.toString().padStart(6, '0')}Z`
}
