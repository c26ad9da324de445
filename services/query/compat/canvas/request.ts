import type { EventKind } from '../../../../schemas/streams/index.js'
import { Problem } from '../../../runtime/problem.js'
import type { ListRequest } from '../../list/request.js'
import { decodeCursor, encodeCursor } from '../../parameters/cursor.js'
import type { FieldFilter } from '../../parameters/filters.js'
import type { RequestQuery } from '../../parameters/given_parameters.js'
import { HumanTimeError, humanTime } from '../../parameters/human_time.js'
import { NEWEST, type Page, type Place } from '../../parameters/page.js'

/** What Canvas lists authentication events of, by the word in the path, and the field that holds its id. */
export const OWNERS = {
  logins: 'upstream_user_id',
  pseudonyms: 'upstream_user_id',
  accounts: 'org_id',
  users: 'user_id',
} as const

export type Owner = keyof typeof OWNERS

export const DEFAULT_PER_PAGE = 10
export const MAX_PER_PAGE = 100

/** The records that Canvas shows. */
const SHOWN: readonly EventKind[] = ['login', 'logout']

export interface EventsRequest {
  readonly perPage: number
  /** The list of one record more than the page has, which says whether another page follows. */
  readonly list: ListRequest
}

/**
 * Reads a request for the authentication events of an owner. As Canvas does, it ignores a time that it can't read, an
 * unknown parameter, and a `per_page` that is no number.
 *
 * @throws {Problem} 400 `INVALID_PARAMETER` for a page that is none
 */
export function eventsRequest(owner: Owner, id: string, query: RequestQuery, now: bigint): EventsRequest {
  const perPage = perPageOf(first(query.per_page))
  const from = timeOf(first(query.start_time), now)
  const last = timeOf(first(query.end_time), now)
  const filters = {
    limit: perPage + 1,
    fields: [idFilter(owner, id)],
    kinds: SHOWN,
    ...(from === undefined ? {} : { from }),
    // Canvas includes the end.
    ...(last === undefined ? {} : { until: last + 1n }),
  }
  return { perPage, list: { filters, page: pageOf(first(query.page)) } }
}

/** A login is found in upper and lower case, as by our own filter. */
function idFilter(owner: Owner, id: string): FieldFilter {
  const field = OWNERS[owner]
  if (field !== 'upstream_user_id') return { field, parameter: field, values: [id] }
  return { field, parameter: field, values: [id.toLowerCase()], match: 'caseless' }
}

/**
 * The first of a parameter's values: `canvasapi` sends `per_page` twice, first as its caller asked, then its own
 * default.
 */
function first(values: RequestQuery[string]): string | undefined {
  return [values ?? []].flat()[0]
}

function perPageOf(text: string | undefined): number {
  const asked = /^\d{1,9}$/.test(text ?? '') ? Number(text) : DEFAULT_PER_PAGE
  return asked === 0 ? DEFAULT_PER_PAGE : Math.min(asked, MAX_PER_PAGE)
}

function timeOf(text: string | undefined, now: bigint): bigint | undefined {
  if (text === undefined || text === '') return undefined
  try {
    return humanTime(text, now)
  } catch (error) {
    if (error instanceof HumanTimeError) return undefined
    throw error
  }
}

const BOOKMARK = 'bookmark:'
/** The pages that begin with the newest event. */
const FIRST: readonly (string | undefined)[] = [undefined, '', 'first', '1']

/** What the parameter `page` has for the page after a place. */
export function bookmarkOf({ time, eventId }: Required<Place>): string {
  return BOOKMARK + encodeCursor('newest first', time, eventId)
}

function pageOf(text: string | undefined): Page {
  if (FIRST.includes(text)) return NEWEST
  const page = text?.startsWith(BOOKMARK) ? decodeCursor(text.slice(BOOKMARK.length)) : undefined
  if (page?.order === 'newest first') return page
  throw new Problem(
    400,
    'INVALID_PARAMETER',
    'page: is not a bookmark of this service. Follow the link with rel="next", or leave page out for the first page.',
  )
}
