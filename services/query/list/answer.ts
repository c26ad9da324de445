import type { Stream } from '../../../schemas/streams/index.js'
import { type ApiRecord, microsOf } from '../clickhouse/rows.js'
import { encodeCursor } from '../parameters/cursor.js'
import type { ListRequest } from './request.js'

/**
 * The body of a list's answer: the limit in force and the records. With `limit` records there may be more, so it also
 * has what fetches the next page, in one of three ways:
 *
 * - `next_cursor`, for the parameter `cursor`;
 * - `page_info`, which the published client uses from 1.445 on: its values go into `page_on` and `page_at_key`;
 * - `page_at_id`, for `dt_to`, which `agilicus-cli` uses before 1.445. A time can only lead to older records.
 */
export function listAnswer(stream: Stream, { filters, page }: ListRequest, records: readonly ApiRecord[]): object {
  const answer = { limit: filters.limit, [stream.name]: records }
  const [first, last] = [records[0], records.at(-1)]
  if (first === undefined || last === undefined || records.length < filters.limit) return answer
  return {
    ...answer,
    ...(page.order === 'newest first' ? { page_at_id: last.time } : {}),
    next_cursor: encodeCursor(page.order, microsOf(last), String(last.event_id)),
    page_info: { page_on: ['time', 'event_id'], page_at_key: pageKey(last), previous_key: pageKey(first) },
  }
}

function pageKey({ time, event_id }: ApiRecord): readonly (string | undefined)[] {
  return [time, event_id]
}
