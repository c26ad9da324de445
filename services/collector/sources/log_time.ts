/** A time of a log as RFC 3339: `2026-11-28 12:00:00,123` is `2026-11-28T12:00:00.123` and the offset. */
export function timeOfLog(text: string, utcOffset: string): string {
  const time = text.trim().replace(' ', 'T').replace(',', '.')
  return /(Z|[+-]\d\d:?\d\d)$/i.test(time) ? time.replace(/([+-]\d\d)(\d\d)$/, '$1:$2') : `${time}${utcOffset}`
}
