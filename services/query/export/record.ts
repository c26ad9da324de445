import type { Audit } from '../../emitter/index.js'
import type { Principal } from '../../runtime/auth/bearer_tokens.js'
import type { RequestQuery } from '../parameters/given_parameters.js'
import type { Sent } from './export_stream.js'

/** What the trail records of an export. */
export interface ExportDetails {
  readonly id: string
  readonly stream: string
  readonly format: string
  readonly principal: Principal
  /** The parameters, as they were sent. */
  readonly parameters: RequestQuery
  readonly sourceIp: string
}

/** How an export ended: complete, broken off by the service or the database, or abandoned by the caller. */
export type ExportOutcome = 'complete' | 'broken' | 'abandoned'

/** The action of the trail's record that is stored before the first record is sent. */
const BEGUN = 'EXPORT_BEGIN'
const ENDED = 'EXPORT'

/** The record of an export that begins. It is stored before the first record is sent. */
export function begunRecord(details: ExportDetails): Audit {
  const description = `Begins to export ${subject(details)}.`
  return { ...common(details), action: BEGUN, description, audit_attributes: parametersOf(details) }
}

/** The record of an export that has ended, and of what it had sent. */
export function endedRecord(details: ExportDetails, outcome: ExportOutcome, { records, bytes }: Sent): Audit {
  const counted = records === undefined ? 'unknown' : String(records)
  const result = { outcome, records: counted, bytes: String(bytes) }
  const amount = records === undefined ? 'an unknown number of' : counted
  return {
    ...common(details),
    action: ENDED,
    description: `Exported ${amount} records (${bytes} bytes) of ${subject(details)}: ${outcome}.`,
    audit_attributes: [...attributes('result', result), ...parametersOf(details)],
  }
}

/** The records of an export that runs, for the other organizations whose records it has. */
export function begunNotices(details: ExportDetails, organizations: readonly string[]): readonly Audit[] {
  return notices(details, organizations, {
    action: BEGUN,
    description: `Begins to export ${subject(details)}.`,
    audit_attributes: attributes('export', { format: details.format }),
  })
}

/** The same when the export has ended. */
export function endedNotices(
  details: ExportDetails,
  organizations: readonly string[],
  outcome: ExportOutcome,
): readonly Audit[] {
  return notices(details, organizations, {
    action: ENDED,
    description: `Exported records of ${subject(details)}: ${outcome}.`,
    audit_attributes: [...attributes('result', { outcome }), ...attributes('export', { format: details.format })],
  })
}

/**
 * A record for each organization whose records are exported, so that it sees who exports them. It has neither filters
 * nor numbers: they are about the records of others, too.
 */
function notices(details: ExportDetails, organizations: readonly string[], what: Audit): readonly Audit[] {
  const own = ownOrganization(details)
  return organizations
    .filter((organization) => organization !== own)
    .map((organization) => ({ ...common(details), ...what, target_resource_org_id: organization }))
}

function common(exported: ExportDetails): Audit {
  const { id, stream, sourceIp } = exported
  const { subject, tokenId } = exported.principal
  return {
    user_id: subject,
    api_name: 'gatelog',
    target_resource_type: stream,
    target_id: id,
    trace_id: id,
    source_ip: sourceIp,
    org_id: ownOrganization(exported),
    token_id: tokenId,
  }
}

/** The organization of the principal, if its token names one. With several, none of them is the principal's own. */
function ownOrganization({ principal: { organizations } }: ExportDetails): string | undefined {
  return organizations !== 'all' && organizations.length === 1 ? organizations[0] : undefined
}

function parametersOf({ format, parameters }: ExportDetails): Attribute[] {
  return fitting([...attributes('export', { format }), ...filters(parameters)])
}

interface Attribute {
  readonly attribute_type: string
  readonly attribute_id: string
  readonly attribute_name: string
}

function filters(parameters: RequestQuery): Attribute[] {
  return Object.entries(parameters)
    .filter(([name]) => name !== 'format')
    .flatMap(([name, values]) => [values ?? []].flat().flatMap((value) => attributes('filter', { [name]: value })))
}

function attributes(type: string, values: Readonly<Record<string, string>>): Attribute[] {
  return Object.entries(values).map(([id, name]) => ({ attribute_type: type, attribute_id: id, attribute_name: name }))
}

/**
 * A field has a maximum size, and a request may have more filters than fit. The number of those that are left out is an
 * attribute.
 */
function fitting(all: readonly Attribute[]): Attribute[] {
  const kept: Attribute[] = []
  let room = ROOM
  for (const attribute of all) {
    room -= Buffer.byteLength(JSON.stringify(attribute)) + 1
    if (room < 0) return [...kept, ...attributes('filter', { left_out: String(all.length - kept.length) })]
    kept.push(attribute)
  }
  return kept
}

/** The 8 KiB of a field, less the size of the result. */
const ROOM = 7_000

function subject({ stream, format }: ExportDetails): string {
  return `${stream} as ${format}`
}
