import { describe, expect, it } from 'vitest'
import { authAudits } from '../../../schemas/streams/index.js'
import { microsFromRfc3339 } from '../../../schemas/streams/rfc3339.js'
import { Problem } from '../../runtime/problem.js'
import { readListRequest } from '../list/request.js'
import { encodeCursor } from './cursor.js'
import type { RequestQuery } from './given_parameters.js'
import type { Page } from './page.js'

const NOW = microsFromRfc3339('2026-03-31T14:30:15.123456Z') as bigint
const ID = '019b76da-a800-7000-8000-0123456789ab'
const AT = '2026-01-31T14:00:00.000001Z'
const time = microsFromRfc3339(AT) as bigint
const after = { time, eventId: ID }
const NEWEST = 'newest first'
const OLDEST = 'oldest first'

function read(query: RequestQuery): Page {
  return readListRequest(authAudits, query, NOW).page
}

function fault(query: RequestQuery): string {
  try {
    read(query)
  } catch (error) {
    if (error instanceof Problem && error.status === 400 && error.code === 'INVALID_PARAMETER') return error.message
    throw error
  }
  throw new Error('The query was not refused.')
}

describe('a page', () => {
  it.each<[RequestQuery, Page]>([
    [{}, { order: NEWEST }],
    // As the published client's auto_paging_iter begins when its user names no key, and as it goes on.
    [{ page_on: 'id' }, { order: NEWEST }],
    [
      { page_on: ['time', 'event_id'], page_at_key: [AT, ID] },
      { order: NEWEST, after },
    ],
    [
      { page_on: ['time', 'event_id'], page_at_key: [AT, ID], page_sort: 'asc' },
      { order: OLDEST, after },
    ],
    [{ page_on: 'time', page_at_key: 'None' }, { order: NEWEST }],
    [{ page_on: 'time', page_at_key: ['', ''] }, { order: NEWEST }],
    [
      { page_on: 'time', page_at_key: AT },
      { order: NEWEST, after: { time } },
    ],
    [
      { page_on: 'time', page_at_key: '2026-01-31T14:00:00.000001' },
      { order: NEWEST, after: { time } },
    ],
    [{ page_on: ['time', 'id'], page_sort: ['desc', 'desc'] }, { order: NEWEST }],
    [{ page_sort: 'asc' }, { order: OLDEST }],
    [{ page_sort: ['asc', 'asc'] }, { order: OLDEST }],
    [{ search_direction: 'forwards' }, { order: NEWEST }],
    [{ search_direction: 'backwards' }, { order: OLDEST }],
    [{ page_sort: 'asc', search_direction: 'backwards' }, { order: NEWEST }],
    [
      { page_at_key: [AT, ID], search_direction: 'backwards' },
      { order: OLDEST, after },
    ],
    [{ cursor: encodeCursor(NEWEST, time, ID) }, { order: NEWEST, after }],
    [{ cursor: encodeCursor(OLDEST, time, ID) }, { order: OLDEST, after }],
    [
      { cursor: encodeCursor(OLDEST, time, ID), page_sort: 'asc', page_on: 'time' },
      { order: OLDEST, after },
    ],
    [
      { cursor: encodeCursor(OLDEST, time, ID), search_direction: 'backwards' },
      { order: OLDEST, after },
    ],
    [{ cursor: 'None', page_sort: 'asc' }, { order: OLDEST }],
  ])('is named by %j', (query, page) => {
    expect(read(query)).toEqual(page)
  })
})

describe('a page is refused', () => {
  it.each<[RequestQuery, RegExp]>([
    // "pagination key": the published client recognizes the rejected key by these words.
    [{ page_on: 'user_id' }, /^page_on: is not a known pagination key\. Page on time, /],
    [{ page_on: 'event_id' }, /^page_on: .*pagination key/],
    [{ page_on: ['id', 'time'] }, /^page_on: /],
    [{ page_on: ['time', 'event_id', 'id'] }, /^page_on: /],
    [{ page_on: ['time', 'time'] }, /^page_on: /],
    [{ page_sort: 'up' }, /^page_sort: must be asc or desc\.$/],
    [{ page_sort: ['asc', 'asc', 'asc'] }, /^page_sort: may be given twice at most/],
    [{ page_sort: ['asc', 'desc'] }, /^page_sort: must be the same for time and event_id/],
    [{ search_direction: 'sideways' }, /^search_direction: must be forwards or backwards\.$/],
    [{ search_direction: ['forwards', 'backwards'] }, /^search_direction: may be given only once\.$/],
    [{ page_at_key: ID }, /^page_at_key: "019b76da-.*" is not understood as a time/],
    [{ page_at_key: [AT, 'x'] }, /^page_at_key: must be a UUID/],
    [{ page_at_key: [AT, ID, ID] }, /^page_at_key: must be a time and an event_id, as page_info gives them\.$/],
    [{ cursor: 'x' }, /^cursor: is not a cursor of this service\. Copy the next_cursor of an answer unchanged/],
    [{ cursor: [encodeCursor(NEWEST, time, ID), 'x'] }, /^cursor: may be given only once\.$/],
    [{ cursor: encodeCursor(NEWEST, time, ID), page_at_key: AT }, /^cursor: cannot be combined with page_at_key/],
    [{ cursor: encodeCursor(NEWEST, time, ID), page_sort: 'asc' }, /^cursor: reads the newest first, but page_sort/],
    [{ cursor: encodeCursor(OLDEST, time, ID), search_direction: 'forwards' }, /^cursor: reads the oldest first, but/],
    [{ page_on: 'x', cursor: 'x', limit: 'x' }, /^limit: .* page_on: .* cursor: /],
  ])('%j', (query, message) => {
    expect(fault(query)).toMatch(message)
  })
})
