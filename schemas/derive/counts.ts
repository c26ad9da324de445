import type { Stream } from '../streams/index.js'
import { filterParameters, type Parameter } from './parameters.js'

/** How many groups an answer may hold; where there are more, it holds none and says so. */
export const MAX_GROUPS = 10_000

/** By how many fields records may be counted at once. */
export const MAX_DIMENSIONS = 5

/** How many intervals are counted, and how many hours where there is no interval, when the caller does not say from when on. */
export const DEFAULT_INTERVALS = 60
export const DEFAULT_HOURS = 24

/** The lengths of time that records may be counted by, in seconds: those of which a day, as UTC has it, holds a whole number. */
export const INTERVALS: ReadonlyMap<string, number> = new Map([
  ...[1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30].map((minutes) => [`${minutes}m`, minutes * 60] as const),
  ...[1, 2, 3, 4, 6, 8, 12].map((hours) => [`${hours}h`, hours * 3_600] as const),
  ['1d', 86_400] as const,
])

/** What a stream's records may be counted by: each field that is no list and, where there are outcomes, the outcome. */
export function dimensions(stream: Stream): readonly string[] {
  const fields = stream.fields.flatMap(({ name, list }) => (list === undefined ? [name] : []))
  return [...fields, ...(stream.outcomes === undefined ? [] : ['outcome'])]
}

/** The parameters of `GET /v1/<stream>/counts`. */
export function countsParameters(stream: Stream): readonly Parameter[] {
  return [
    {
      kind: 'by',
      name: 'by',
      doc:
        `The fields to count by, separated by commas, at most ${MAX_DIMENSIONS}: each mixture of their values has a count of its own. ` +
        'None: all records together.',
      example: dimensions(stream).at(-1) ?? '',
      names: dimensions(stream),
    },
    {
      kind: 'interval',
      name: 'interval',
      doc: 'The length of time to count by. Each begins at a whole multiple of it since midnight UTC. None: the whole time together.',
      example: '1h',
    },
    ...filterParameters(stream).map((parameter) => ({ ...parameter, doc: `${parameter.doc}${further(parameter)}` })),
  ]
}

function further({ kind }: Parameter): string {
  if (kind === 'until') return ' Now where it is not given.'
  if (kind !== 'from') return ''
  return ` Where it is not given: the last ${DEFAULT_INTERVALS} intervals, or ${DEFAULT_HOURS} hours without an interval.`
}
