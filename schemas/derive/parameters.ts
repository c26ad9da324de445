import { type Field, type Filter, type PathFilter, parameterOf, type Stream } from '../streams/index.js'
import { type ExportFormat, exportFormats } from './export_formats.js'
import { outcomeParameter } from './outcomes/outcome.js'

/** The default and the maximum number of records in a response. */
export const DEFAULT_LIMIT = 500
export const MAX_LIMIT = 10_000

/** How often a parameter may be repeated. */
export const MAX_VALUES = 100
/** How many fields order a page: `time` and `event_id`. */
export const ORDER_FIELDS = 2

/**
 * The bounds of a filter by text within text: how many texts, and the length of each in characters. Such a search reads
 * whole values.
 */
export const MAX_TEXTS = 10
export const MAX_TEXT_LENGTH = 256

/**
 * One query parameter, derived from a stream's declaration. The service parses requests by it and the OpenAPI document
 * describes it, so the two can't differ.
 *
 * - `limit`: the maximum number of records
 * - `from` and `until`: the bounds of `time`, the first inclusive, the second exclusive
 * - `timezone`: the time zone of those bounds
 * - `id`: the ids of records
 * - `field`: records whose `field` matches the value, or one of the values if the parameter is repeated; with a `path`,
 *   what is matched is the value there in the field's JSON; with `excludes`, all other records
 * - `outcome`: records with one of these outcomes (see outcome.ts); with `excludes`, with another one
 * - `by`, `interval` and `largest`: the groups of counts (see counts.ts)
 * - `most`: the maximum number of something else than records
 * - `listed` and `starts_with`: the values to list (see values.ts)
 * - `texts`: what sign-ins have (see sign_in_lists.ts)
 * - `format`: the format of an export
 * - the others: the order of a list and the position in it
 */
export type Parameter = {
  /** The parameter's name in a request. */
  readonly name: string
  readonly doc: string
  readonly example?: string
} & (
  | {
      readonly kind:
        | 'limit'
        | 'largest'
        | 'from'
        | 'until'
        | 'timezone'
        | 'id'
        | 'interval'
        | 'starts_with'
        | 'texts'
        | PagingKind
        | ChangesKind
    }
  | { readonly kind: 'by' | 'listed'; readonly names: readonly string[] }
  | { readonly kind: 'most'; readonly most: number; readonly byDefault: number }
  | { readonly kind: 'outcome'; readonly excludes?: true }
  | FieldParameterParts
  | { readonly kind: 'format'; readonly formats: readonly ExportFormat[] }
)

interface FieldParameterParts {
  readonly kind: 'field'
  readonly field: string
  readonly path?: PathFilter['path']
  readonly match: NonNullable<Filter['match']>
  readonly form?: Field['form']
  readonly prefix?: true
  readonly excludes?: true
}

/** A parameter that filters on a field. */
export type FieldParameter = Extract<Parameter, { readonly kind: 'field' }>

type PagingKind = 'cursor' | 'page_on' | 'page_at_key' | 'page_sort' | 'search_direction'

type ChangesKind = 'after' | 'wait'

/** The parameters of a stream's list, in the order of the documentation. */
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
      doc: 'The format. The default is the media type in `Accept`, else JSON lines.',
      example: 'csv',
    },
    ...filterParameters(stream),
    {
      kind: 'page_at_key',
      name: 'page_at_key',
      doc: 'To resume an export: the `time` and the `event_id` of its last complete record.',
    },
  ]
}

/** The parameters that select records. */
export function filterParameters(stream: Stream): readonly Parameter[] {
  const filters = [...fieldParameters(stream), ...outcomeParameter(stream)]
  return [
    {
      kind: 'from',
      name: 'dt_from',
      doc: `Records of this time and later (inclusive). ${TIME_FORMS}`,
      example: 'now-1day',
    },
    { kind: 'until', name: 'dt_to', doc: `Records before this time (exclusive). ${TIME_FORMS}`, example: 'now' },
    {
      kind: 'timezone',
      name: 'timezone',
      doc: 'The time zone of `dt_from` and `dt_to`: of dates, of times without an offset, and of `today`. An IANA name; the default is UTC.',
      example: 'Europe/Berlin',
    },
    { kind: 'id', name: 'event_id', doc: 'The id of the record.', example: '019b76da-a800-7000-8000-0123456789ab' },
    ...filters,
    ...filters.map(exclusionOf),
  ]
}

function fieldParameters({ fields }: Stream): readonly FieldParameter[] {
  return fields.flatMap((field): FieldParameter[] => {
    if (field.json !== undefined) {
      return field.json.filters.map(({ parameter: name, ...filter }) => ({
        ...{ kind: 'field', field: field.name, match: 'equals', name, ...filter },
      }))
    }
    if (field.filter === undefined) return []
    const { doc, example, match = 'equals', prefix } = field.filter
    return [
      {
        kind: 'field',
        field: field.name,
        form: field.form,
        name: parameterOf(field),
        match,
        doc,
        ...(prefix === undefined ? {} : { prefix }),
        ...(example === undefined ? {} : { example }),
      },
    ]
  })
}

/** The name of the parameter that leaves out what another one selects. */
export function exclusionNamed(name: string): string {
  return `not_${name}`
}

function exclusionOf<P extends { readonly name: string; readonly doc: string }>(selecting: P) {
  const { name } = selecting
  const doc = `Leaves out the records that \`${name}\` selects.`
  return { ...selecting, name: exclusionNamed(name), doc, excludes: true as const }
}

const TIME_FORMS =
  'RFC 3339 with or without an offset (the default is `timezone`), a date, or a form such as `now`, `today`, `now-1day`, `-45d`, `today-1week`, ' +
  '`2 hours ago`. In a URL, write `+` as `%2B`.'

const LIMIT: Parameter = {
  kind: 'limit',
  name: 'limit',
  doc: `The maximum number of records in the response; at most ${MAX_LIMIT}.`,
}

const PAGING: readonly Parameter[] = [
  {
    kind: 'cursor',
    name: 'cursor',
    doc: 'The `next_cursor` of the previous response, unchanged. A cursor fixes position and order.',
  },
  {
    kind: 'page_on',
    name: 'page_on',
    doc: 'The key to page on: `time`, or `id`, which has the same order. `event_id` may follow; it always orders equal times.',
    example: 'time',
  },
  {
    kind: 'page_at_key',
    name: 'page_at_key',
    doc: 'The `time` and the `event_id` of a record, as in `page_info`: the page starts after it. The default is the first page.',
  },
  {
    kind: 'page_sort',
    name: 'page_sort',
    doc: '`desc` (the default): newest first. `asc`: oldest first.',
    example: 'desc',
  },
  {
    kind: 'search_direction',
    name: 'search_direction',
    doc: '`forwards` (the default): in that order. `backwards`: in the reverse order.',
    example: 'forwards',
  },
]
