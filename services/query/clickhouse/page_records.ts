import type { Stream } from '../../../schemas/streams/index.js'
import type { Principal } from '../auth/bearer_tokens.js'
import type { Filters } from '../parameters/filters.js'
import type { Page } from '../parameters/page.js'
import { timelessConditions, whereClause } from './conditions/conditions.js'
import { paramsOf, type SqlFragment } from './conditions/sql_fragment.js'
import { clickhouseTime, timeConditions } from './conditions/time_conditions.js'
import { pageBounds } from './time_bounds.js'

/**
 * The `FROM` and `WHERE` clauses that select the records which match the filters, lie after the page's start, and may
 * be read.
 *
 * `FINAL` removes copies of a record that its producer sent twice. A caller that does not mind them saves its cost.
 */
export function pageRecords(
  stream: Stream,
  filters: Filters,
  principal: Principal,
  page: Page,
  { final = true }: { readonly final?: boolean } = {},
): SqlFragment {
  const conditions = [
    ...timeConditions(pageBounds(filters, page)),
    ...afterConditions(page),
    ...timelessConditions(stream, filters, principal),
  ]
  const lines = [`FROM ${stream.name}${final ? ' FINAL' : ''}`, whereClause(conditions)].filter((line) => line !== '')
  return { sql: lines.join('\n'), params: paramsOf(conditions) }
}

/**
 * Of the records with the time of the one that the page comes after, those that follow it. The time itself is bounded
 * already.
 */
function afterConditions({ order, after }: Page): readonly SqlFragment[] {
  if (after?.eventId === undefined) return []
  const follows = order === 'newest first' ? '<' : '>'
  return [
    {
      sql: `(time ${follows} {after_time:DateTime64(6, 'UTC')} OR event_id ${follows} {after_event_id:UUID})`,
      params: { after_time: clickhouseTime(after.time), after_event_id: after.eventId },
    },
  ]
}
