import { z } from 'zod'
import type { Reading, SourceAction, SourceEvent, SourceRecord } from './source.js'

/** Which organization the records of a source belong to. */
export const organizationOptions = {
  organization: z
    .object({ id: z.string().min(1), name: z.string().min(1).optional() })
    .optional()
    .describe('The organization of every record, in place of the one in the event'),
  organization_prefix: z
    .string()
    .min(1)
    .optional()
    .describe('Text before the id of the event’s organization, so that two systems do not share one'),
}

const organizationConfig = z.object(organizationOptions)
export type OrganizationConfig = z.output<typeof organizationConfig>

/** Returns the reading with the organization that its source is configured with. */
export function withOrganization(reading: Reading, config: OrganizationConfig): Reading {
  if (reading.is === 'sign-in') return { is: 'sign-in', record: signIn(reading.record, config) }
  if (reading.is === 'action') return { is: 'action', record: action(reading.record, config) }
  if (reading.is === 'event') return { is: 'event', record: event(reading.record, config) }
  return reading
}

function signIn(record: SourceRecord, { organization, organization_prefix: prefix }: OrganizationConfig): SourceRecord {
  if (organization !== undefined) {
    const own = { org_id: organization.id, org_name: organization.name }
    const application = record.login_org_id && { login_org_id: organization.id, login_org_name: organization.name }
    return { ...record, ...own, ...application }
  }
  if (prefix === undefined) return record
  return { ...record, org_id: prefixed(prefix, record.org_id), login_org_id: prefixed(prefix, record.login_org_id) }
}

function action(record: SourceAction, { organization, organization_prefix: prefix }: OrganizationConfig): SourceAction {
  if (organization !== undefined) {
    return {
      ...record,
      org_id: organization.id,
      ...(record.target_resource_org_id && { target_resource_org_id: organization.id }),
    }
  }
  if (prefix === undefined) return record
  return {
    ...record,
    org_id: prefixed(prefix, record.org_id),
    target_resource_org_id: prefixed(prefix, record.target_resource_org_id),
  }
}

function event(record: SourceEvent, { organization, organization_prefix: prefix }: OrganizationConfig): SourceEvent {
  if (organization !== undefined) return { ...record, org_id: organization.id }
  return prefix === undefined ? record : { ...record, org_id: prefixed(prefix, record.org_id) }
}

function prefixed(prefix: string, id: string | undefined): string | undefined {
  return id === undefined ? undefined : `${prefix}${id}`
}
