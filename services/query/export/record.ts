import type { Audit } from '../../emitter/index.js'
import type { Principal } from '../auth/bearer_tokens.js'
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

/** The record of an export that begins. It is stored before the first record is sent. */
export function begunRecord(exported: ExportDetails): Audit {
  return { ...common(exported), action: BEGUN, description: `Begins to export ${subject(exported)}.` }
}

/** The record of an export that has ended, and of what it had sent. */
export function endedRecord(exported: ExportDetails, outcome: ExportOutcome, { records, bytes }: Sent): Audit {
  const { audit_attributes = [], ...rest } = common(exported)
  const counted = records === undefined ? 'unknown' : String(records)
  const result = { outcome, records: counted, bytes: String(bytes) }
  return {
    ...rest,
    action: 'EXPORT',
    description: `Exported ${counted} records (${bytes} bytes) of ${subject(exported)}: ${outcome}.`,
    audit_attributes: [...attributes('result', result), ...audit_attributes],
  }
}

function common({ id, stream, format, principal, parameters, sourceIp }: ExportDetails): Audit {
  const { organizations, subject, tokenId } = principal
  return {
    user_id: subject,
    api_name: 'gatelog',
    target_resource_type: stream,
    target_id: id,
    trace_id: id,
    source_ip: sourceIp,
    // With several, none of them is the principal's own.
    org_id: organizations !== 'all' && organizations.length === 1 ? organizations[0] : undefined,
    token_id: tokenId,
    audit_attributes: fitting([...attributes('export', { format }), ...filters(parameters)]),
  }
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
