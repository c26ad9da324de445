import type { Stream } from '../../../schemas/streams/index.js'
import type { Audit } from '../../emitter/index.js'
import type { Drop } from './ledger.js'

/** The action of the records in the audit trail. */
const ACTION = 'RETENTION'

/** The record of what was dropped, when and why, for the organizations that the rows named. */
export function recordOf({ organizations: fields }: Stream, drop: Drop): Audit {
  const { drop_id, stream, day, organizations, rows, planned_at } = drop
  const [own, other] = organizations
  const named = organizations.map((organization, index) => ({ [fields[index] ?? '']: organization }))
  return {
    event_id: drop_id,
    time: planned_at,
    user_id: 'gatelog-retention',
    api_name: 'gatelog',
    action: ACTION,
    target_resource_type: stream,
    target_id: day,
    org_id: own,
    target_resource_org_id: other === own ? undefined : other,
    description: `Dropped ${rows} rows of ${stream} of ${day}: older than their retention, and without a legal hold.`,
    audit_attributes: Object.entries(Object.assign({ day, rows: String(rows) }, ...named) as Record<string, string>)
      .filter(([, value]) => value !== '')
      .map(([id, value]) => ({ attribute_type: 'retention', attribute_id: id, attribute_name: value })),
  }
}
