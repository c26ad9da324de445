import { valueIndexes } from '../../../../schemas/derive/filter_indexes.js'
import type { Stream } from '../../../../schemas/streams/index.js'
import type { Principal } from '../../../runtime/auth/bearer_tokens.js'
import type { SqlFragment } from './sql_fragment.js'

/**
 * The condition that a principal may read a record: one of the fields that name an organization names one of the
 * principal's. None for a principal of all organizations.
 */
export function tenancyConditions(stream: Stream, { organizations }: Principal): readonly SqlFragment[] {
  if (organizations === 'all') return []
  const own = ownOrganizations(organizations)
  if (own.length === 0) return [{ sql: 'false', params: {} }]
  const fields = stream.organizations
  const condition = `(${fields.map((field) => `${field} IN ${OWN}`).join(' OR ')})`
  // The condition decides. The hint is never evaluated for a record; it lets ClickHouse use the index over all of these
  // fields.
  const hint = fields.length === 1 ? '' : ` AND indexHint(hasAny([${fields.join(', ')}], ${OWN}))`
  return [{ sql: condition + hint, params: { organizations: own } }]
}

/**
 * Settings for every query of a principal. For one of some organizations, they turn off the indexes over values: those
 * skip a granule by what its records hold, regardless of who may read them, so the amount read would reveal what other
 * organizations have. With `tenantIndexHint`, the principal's own records decide.
 */
export function tenancySettings(stream: Stream, { organizations }: Principal): readonly string[] {
  if (organizations === 'all') return []
  return [`ignore_data_skipping_indices = '${valueIndexes(stream).join(',')}'`]
}

/** The organizations whose records may be read. Empty text stands for an absent field, which belongs to nobody. */
export function ownOrganizations(organizations: readonly string[]): readonly string[] {
  return organizations.filter((organization) => organization !== '')
}

/** SQL of the parameter that holds the principal's organizations. */
export const OWN = '{organizations:Array(String)}'
