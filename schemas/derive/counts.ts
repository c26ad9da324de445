import { isText, type Stream } from '../streams/index.js'
import { filterParameters, type Parameter } from './parameters.js'

/** The maximum number of groups in a response. A request for more is an error. */
export const MAX_GROUPS = 10_000

/** The maximum number of fields in `by`. */
export const MAX_DIMENSIONS = 5

/** The default time range: that many intervals, or that many hours without an interval. */
export const DEFAULT_INTERVALS = 60
export const DEFAULT_HOURS = 24

/** The intervals, in seconds. A day in UTC is a multiple of each. */
export const INTERVALS: ReadonlyMap<string, number> = new Map([
  ...[1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30].map((minutes) => [`${minutes}m`, minutes * 60] as const),
  ...[1, 2, 3, 4, 6, 8, 12].map((hours) => [`${hours}h`, hours * 3_600] as const),
  ['1d', 86_400] as const,
])

/** The fields that records can be grouped by: all but lists and JSON, and, if the stream has outcomes, the outcome. */
export function dimensions(stream: Stream): readonly string[] {
  const fields = stream.fields.filter(isText).map(({ name }) => name)
  return [...fields, ...(stream.outcomes === undefined ? [] : ['outcome'])]
}

/** The parameters of `GET /v1/<stream>/counts`. */
export function countsParameters(stream: Stream): readonly Parameter[] {
  const names = dimensions(stream)
  return [...groupParameters(names, names.at(-1) ?? ''), ...filterParameters(stream).map(withDefaultTimes)]
}

/** The parameters that say what to count by, if that can be `names`. */
export function groupParameters(names: readonly string[], example: string): readonly Parameter[] {
  return [
    {
      kind: 'by',
      name: 'by',
      doc:
        `The fields to group by, separated by commas, at most ${MAX_DIMENSIONS}. Each combination of their values has its own count. ` +
        'The default is one group.',
      example,
      names,
    },
    {
      kind: 'interval',
      name: 'interval',
      doc: 'The interval to group by. Intervals begin at multiples of their length after midnight in `timezone`. The default is the whole time range.',
      example: '1h',
    },
    {
      kind: 'largest',
      name: 'limit',
      doc: `Only so many counts, the largest ones, however many there are: of each interval, if there are intervals. At most ${MAX_GROUPS}. The default is all.`,
      example: '20',
    },
  ]
}

/** A parameter of counts: without bounds of time, the last intervals are counted. */
export function withDefaultTimes(parameter: Parameter): Parameter {
  return { ...parameter, doc: `${parameter.doc}${further(parameter)}` }
}

function further({ kind }: Parameter): string {
  if (kind === 'until') return ' The default is now.'
  if (kind !== 'from') return ''
  return ` The default is the last ${DEFAULT_INTERVALS} intervals, or ${DEFAULT_HOURS} hours without an interval.`
}
