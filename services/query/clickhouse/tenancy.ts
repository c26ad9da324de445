import type { Stream } from '../../../schemas/streams/index.js'
import type { Principal } from '../auth/bearer_tokens.js'
import type { SqlFragment } from './sql_fragment.js'

/**
 * The condition that a principal may read a record: one of the fields that name an organization names one of the
 * principal's. None for a principal of all organizations.
 */
export function tenancyConditions(stream: Stream, { organizations }: Principal): readonly SqlFragment[] {
  if (organizations === 'all') return []
  // Empty text stands for an absent field, which belongs to nobody; a principal without organizations may read nothing.
  const own = organizations.filter((organization) => organization !== '')
  if (own.length === 0) return [{ sql: 'false', params: {} }]
  const fields = stream.organizations
  const condition = `(${fields.map((field) => `${field} IN ${OWN}`).join(' OR ')})`
  // The condition decides. The hint is never evaluated for a record; it lets ClickHouse use the index over all of these
  // fields.
  const hint = fields.length === 1 ? '' : ` AND indexHint(hasAny([${fields.join(', ')}], ${OWN}))`
  return [{ sql: condition + hint, params: { organizations: own } }]
}

const OWN = '{organizations:Array(String)}'
