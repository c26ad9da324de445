/** Whether a value says nothing. A record with such a field is one without it. */
export function isAbsent(value: unknown): value is undefined | null | '' {
  return value === undefined || value === null || value === ''
}
