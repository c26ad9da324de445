import { ORDER_FIELDS } from '../../../schemas/derive/parameters.js'
import { decodeCursor } from './cursor.js'
import { type GivenParameters, ParameterError } from './given_parameters.js'
import { humanTime } from './human_time.js'
import { NEWEST, type Order, type Page, type Place } from './page.js'
import { uuid } from './uuid.js'

/** Reads the pagination parameters: a cursor, or the parameters of existing clients. */
export function pageFrom(given: GivenParameters, now: bigint): Page {
  given.read('page_on', checkKey)
  const sorted = given.read('page_sort', readSort)
  const turned = given.readOne('search_direction', readDirection)
  const asked =
    sorted === undefined && turned === undefined ? undefined : orderOf(sorted ?? 'desc', turned ?? 'forwards')
  const after = placeFrom(given, now)
  const page = given.readOne('cursor', (text) => readCursor(text, asked, after))
  return page ?? { order: asked ?? NEWEST.order, ...(after === undefined ? {} : { after }) }
}

/** The record or the time after which the page begins. */
export function placeFrom(given: GivenParameters, now: bigint): Place | undefined {
  return given.read('page_at_key', (values) => readKey(values, now))
}

type Sort = 'asc' | 'desc'
type Direction = 'forwards' | 'backwards'

function orderOf(sort: Sort, direction: Direction): Order {
  return (sort === 'desc') === (direction === 'forwards') ? 'newest first' : 'oldest first'
}

/**
 * The only key is `time, event_id`, the sort order of the table: any other would sort the whole table for each page.
 * `id` is the default of the published client. That client recognizes a rejected key by the words "pagination key".
 */
function checkKey([first, second, ...rest]: readonly string[]): void {
  const known = first === 'time' ? [undefined, 'event_id', 'id'] : first === 'id' ? [undefined] : []
  if (known.includes(second) && rest.length === 0) return
  throw new ParameterError('is not a known pagination key. Page on time, on time and then event_id, or on id.')
}

function readSort(values: readonly string[]): Sort {
  if (values.length > ORDER_FIELDS) throw new ParameterError('may be given twice at most: for time and event_id.')
  const [sort, ...rest] = new Set(values)
  if (sort !== 'asc' && sort !== 'desc') throw new ParameterError('must be asc or desc.')
  if (rest.length > 0) throw new ParameterError('must be the same for time and event_id: all asc, or all desc.')
  return sort
}

function readDirection(text: string): Direction {
  if (text === 'forwards' || text === 'backwards') return text
  throw new ParameterError('must be forwards or backwards.')
}

function readKey([time, eventId, ...rest]: readonly [string, ...string[]], now: bigint): Place {
  if (rest.length > 0) throw new ParameterError('must be a time and an event_id, as page_info gives them.')
  return { time: humanTime(time, now), ...(eventId === undefined ? {} : { eventId: uuid(eventId) }) }
}

function readCursor(text: string, asked: Order | undefined, after: Place | undefined): Page {
  const page = decodeCursor(text)
  if (page === undefined) {
    throw new ParameterError(
      'is not a cursor of this service. Copy the next_cursor of an answer unchanged, or leave it out.',
    )
  }
  if (after !== undefined) {
    throw new ParameterError('cannot be combined with page_at_key: both set the position. Leave one out.')
  }
  if (asked !== undefined && asked !== page.order) {
    throw new ParameterError(
      `reads the ${page.order}, but page_sort or search_direction ask for the other order. Leave them out: a cursor fixes the order.`,
    )
  }
  return page
}
