import { type Filter, parameterOf, type Stream } from '../streams/index.js'
import { type ExportFormat, exportFormats } from './export_formats.js'
import { outcomeParameter } from './outcome.js'

/** How many records an answer holds where the caller does not say, and at most. */
export const DEFAULT_LIMIT = 500
export const MAX_LIMIT = 10_000

/** How often a parameter that may be repeated may be. */
export const MAX_VALUES = 100

/**
 * One query parameter, derived from a stream's declaration. The service reads requests by it and the OpenAPI document describes it, so
 * that the two cannot differ.
 *
 * - `limit`: how many records; - `from` and `until`: the bounds of `time`, the first inclusive, the second exclusive;
 * - `id`: the records of these ids; - `field`: records whose `field` matches the value, or one of the values where the parameter is repeated;
 * - `outcome`: records of one of these outcomes (see outcome.ts);
 * - `by` and `interval`: how records are counted (see counts.ts);
 * - `format`: the form of an export;
 * - the others say in which order a list is read, and from which place on.
 */
export type Parameter = {
  /** The parameter's name in a request. */
  readonly name: string
  readonly doc: string
  readonly example?: string
} & (
  | { readonly kind: 'limit' | 'from' | 'until' | 'id' | 'outcome' | 'interval' | PagingKind | ArrivalKind }
  | { readonly kind: 'by'; readonly names: readonly string[] }
  | { readonly kind: 'field'; readonly field: string; readonly match: NonNullable<Filter['match']> }
  | { readonly kind: 'format'; readonly formats: readonly ExportFormat[] }
)

type PagingKind = 'cursor' | 'page_on' | 'page_at_key' | 'page_sort' | 'search_direction'

type ArrivalKind = 'after' | 'wait'

/** The parameters of a stream's list, in the order in which people read them. */
export function parameters(stream: Stream): readonly Parameter[] {
  return [LIMIT, ...filterParameters(stream), ...PAGING]
}

/** The parameters of a stream's export. */
export function exportParameters(stream: Stream): readonly Parameter[] {
  return [
    {
      kind: 'format',
      name: 'format',
      formats: exportFormats(stream),
      doc: 'The format; without it, what `Accept` asks for, and JSON lines where it asks for nothing.',
      example: 'csv',
    },
    ...filterParameters(stream),
    {
      kind: 'page_at_key',
      name: 'page_at_key',
      doc: 'The `time` and the `event_id` of the last record of an export that broke off: only the records after it.',
    },
  ]
}

/** Those that say which records are meant. */
export function filterParameters(stream: Stream): readonly Parameter[] {
  return [
    {
      kind: 'from',
      name: 'dt_from',
      doc: `Records of this time and later (inclusive). ${TIME_FORMS}`,
      example: 'now-1day',
    },
    { kind: 'until', name: 'dt_to', doc: `Records before this time (exclusive). ${TIME_FORMS}`, example: 'now' },
    { kind: 'id', name: 'event_id', doc: 'The id of the record.', example: '019b76da-a800-7000-8000-0123456789ab' },
    ...stream.fields.flatMap((field): Parameter[] => {
      if (field.filter === undefined) return []
      const { doc, example, match = 'equals' } = field.filter
      const name = parameterOf(field)
      return [{ kind: 'field', field: field.name, name, match, doc, ...(example === undefined ? {} : { example }) }]
    }),
    ...outcomeParameter(stream),
  ]
}

const TIME_FORMS =
  'RFC 3339 with or without a zone (UTC where there is none), a date, or a form such as `now`, `today`, `now-1day`, `-45d`, ' +
  '`today-1week`, `2 hours ago`. In a URL, write `+` as `%2B`.'

const LIMIT: Parameter = { kind: 'limit', name: 'limit', doc: `How many records to answer with; at most ${MAX_LIMIT}.` }

const PAGING: readonly Parameter[] = [
  {
    kind: 'cursor',
    name: 'cursor',
    doc: 'Where to read on: the `next_cursor` of the answer before, as it is. It holds the place and the order.',
  },
  {
    kind: 'page_on',
    name: 'page_on',
    doc: 'The key to page on: `time`, or `id` for the records’ own order, which is the same; `event_id` may follow, and decides among equal times in any case.',
    example: 'time',
  },
  {
    kind: 'page_at_key',
    name: 'page_at_key',
    doc: 'The `time` and the `event_id` of the record to read on after, as `page_info` gives them. None: from the beginning.',
  },
  {
    kind: 'page_sort',
    name: 'page_sort',
    doc: '`desc`, the newest first, which is the default; or `asc`, the oldest first.',
    example: 'desc',
  },
  {
    kind: 'search_direction',
    name: 'search_direction',
    doc: '`forwards`, in that order, which is the default; or `backwards`, against it.',
    example: 'forwards',
  },
]
