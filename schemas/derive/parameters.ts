import { parameterOf, type Stream } from '../streams/index.js'
import { outcomeParameter } from './outcome.js'

/** How many records an answer holds where the caller does not say, and at most. */
export const DEFAULT_LIMIT = 500
export const MAX_LIMIT = 10_000

/**
 * One query parameter of a stream's list, derived from the stream's declaration. The service reads requests by it and the OpenAPI
 * document describes it, so that the two cannot differ.
 *
 * - `limit`: how many records; - `from` and `until`: the bounds of `time`, the first inclusive, the second exclusive;
 * - `field`: records whose `field` equals the value, or one of the values where the parameter is repeated;
 * - `outcome`: records of one of these outcomes (see outcome.ts).
 */
export type Parameter = {
  /** The parameter's name in a request. */
  readonly name: string
  readonly doc: string
  readonly example?: string
} & ({ readonly kind: 'limit' | 'from' | 'until' | 'outcome' } | { readonly kind: 'field'; readonly field: string })

/** The parameters of a stream's list, in the order in which people read them. */
export function parameters(stream: Stream): readonly Parameter[] {
  return [
    { kind: 'limit', name: 'limit', doc: `How many records to answer with, the newest first; at most ${MAX_LIMIT}.` },
    {
      kind: 'from',
      name: 'dt_from',
      doc: `Records of this time and later (inclusive). ${TIME_FORMS}`,
      example: 'now-1day',
    },
    { kind: 'until', name: 'dt_to', doc: `Records before this time (exclusive). ${TIME_FORMS}`, example: 'now' },
    ...stream.fields.flatMap((field): Parameter[] => {
      if (field.filter === undefined) return []
      const { doc, example } = field.filter
      const name = parameterOf(field)
      return [{ kind: 'field', field: field.name, name, doc, ...(example === undefined ? {} : { example }) }]
    }),
    ...outcomeParameter(stream),
  ]
}

const TIME_FORMS =
  'RFC 3339 with or without a zone (UTC where there is none), a date, or a form such as `now`, `today`, `now-1day`, `-45d`, ' +
  '`today-1week`, `2 hours ago`. In a URL, write `+` as `%2B`.'
