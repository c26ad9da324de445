import type { Stream } from '../../../schemas/streams/index.js'
import { type ApiRecord, microsOf } from '../clickhouse/rows.js'
import { encodeCursor } from '../parameters/cursor.js'
import type { ListRequest } from './request.js'

/**
 * What a list answers: the limit in force, the records, and, where the answer is full, so that more may follow, how to read on:
 *
 * - `next_cursor`, for `cursor`;
 * - `page_info`, as the published client pages from 1.445 on: its values go into `page_on` and `page_at_key`;
 * - `page_at_id`, for `dt_to`, where `agilicus-cli` looks before 1.445. A time can only say how to go on to older records.
 */
export function listAnswer(stream: Stream, { filters, page }: ListRequest, records: readonly ApiRecord[]): object {
  const answer = { limit: filters.limit, [stream.name]: records }
  const [first, last] = [records[0], records.at(-1)]
  if (first === undefined || last === undefined || records.length < filters.limit) return answer
  return {
    ...answer,
    ...(page.order === 'newest first' ? { page_at_id: last.time } : {}),
    next_cursor: encodeCursor(page.order, microsOf(last), String(last.event_id)),
    page_info: { page_on: ['time', 'event_id'], page_at_key: key(last), previous_key: key(first) },
  }
}

function key({ time, event_id }: ApiRecord): readonly (string | undefined)[] {
  return [time, event_id]
}
