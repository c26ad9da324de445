import type { Stream } from '../streams/index.js'
import { filterParameters, type Parameter } from './parameters.js'

/** The default and the maximum number of values in a response. */
export const DEFAULT_VALUES = 100
export const MOST_VALUES = 1_000

/** The default time range, in days. */
export const VALUES_DAYS = 7

/** The fields whose values can be listed: those of which a table holds few. */
export function fieldsWithFewValues({ fields }: Stream): readonly string[] {
  return fields.flatMap(({ name, cardinality }) => (cardinality === 'low' ? [name] : []))
}

/** The parameters of `GET /v1/<stream>/values`. */
export function valuesParameters(stream: Stream): readonly Parameter[] {
  const names = fieldsWithFewValues(stream)
  return [
    { kind: 'listed', name: 'field', names, doc: 'The field whose values to list.', example: names[0] ?? '' },
    {
      kind: 'starts_with',
      name: 'starts_with',
      doc: 'Only values that begin with this text. Case is ignored.',
    },
    {
      kind: 'most',
      name: 'limit',
      doc: `The maximum number of values in the response; at most ${MOST_VALUES}.`,
      most: MOST_VALUES,
      byDefault: DEFAULT_VALUES,
    },
    ...filterParameters(stream).map((parameter) =>
      parameter.kind === 'from'
        ? { ...parameter, doc: `${parameter.doc} The default is ${VALUES_DAYS} days back.` }
        : parameter,
    ),
  ]
}
