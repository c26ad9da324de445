import type { Stream } from '../../../schemas/streams/index.js'
import type { Principal } from '../../runtime/auth/bearer_tokens.js'
import type { Filters } from '../parameters/filters.js'
import type { Page } from '../parameters/page.js'
import { filterConditions, whereClause } from './conditions/conditions.js'
import { paramsOf, type SqlFragment } from './conditions/sql_fragment.js'
import { tenancyConditions } from './conditions/tenancy.js'
import { clickhouseTime, timeConditions } from './conditions/time_conditions.js'
import { pageBounds } from './time_bounds.js'

/**
 * The `FROM` and `WHERE` clauses that select the records which match the filters, lie after the page's start, and may
 * be read.
 *
 * `FINAL` removes copies of a record that its producer sent twice. A caller that does not mind them saves its cost.
 * Without it, ClickHouse reads the columns of a condition only where the conditions before it hold. The tenancy comes
 * first then, so what is read depends on the principal's own records.
 */
export function pageRecords(
  stream: Stream,
  filters: Filters,
  principal: Principal,
  page: Page,
  { final = true }: { readonly final?: boolean } = {},
): SqlFragment {
  const matching = [
    ...timeConditions(pageBounds(filters, page)),
    ...afterConditions(page),
    ...filterConditions(stream, filters, principal),
  ]
  const tenancy = tenancyConditions(stream, principal)
  const lines = final
    ? [`FROM ${stream.name} FINAL`, whereClause([...matching, ...tenancy])]
    : [`FROM ${stream.name}`, ...tenancy.map(({ sql }) => `PREWHERE ${sql}`), whereClause(matching)]
  return { sql: lines.filter((line) => line !== '').join('\n'), params: paramsOf([...matching, ...tenancy]) }
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
