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
  /** The organizations that the records name. */
  readonly organizations: readonly string[]
}

/** How an export ended: complete, broken off by the service or the database, or abandoned by the caller. */
export type ExportOutcome = 'complete' | 'broken' | 'abandoned'

/** The action of the trail's record that is stored before the first record is sent. */
const BEGUN = 'EXPORT_BEGIN'
const ENDED = 'EXPORT'

/**
 * The records of an export that begins. They are stored before the first record is sent. The first one is for
 * the principal's own organization; the others are for the organizations that the exported records name.
 */
export function begunRecords(exported: ExportDetails): readonly [Audit, ...Audit[]] {
  const description = `Begins to export ${subject(exported)}.`
  const all = { ...common(exported), action: BEGUN, description, audit_attributes: parametersOf(exported) }
  return [all, ...notices(exported, { action: BEGUN, description })]
}

/** The records of an export that has ended. The first one says how much it had sent. */
export function endedRecords(
  exported: ExportDetails,
  outcome: ExportOutcome,
  { records, bytes }: Sent,
): readonly [Audit, ...Audit[]] {
  const counted = records === undefined ? 'unknown' : String(records)
  const result = { outcome, records: counted, bytes: String(bytes) }
  const all = {
    ...common(exported),
    action: ENDED,
    description: `Exported ${counted === 'unknown' ? 'an unknown number of' : counted} records (${bytes} bytes) of ${subject(exported)}: ${outcome}.`,
    audit_attributes: [...attributes('result', result), ...parametersOf(exported)],
  }
  const description = `Exported records of ${subject(exported)}: ${outcome}.`
  return [all, ...notices(exported, { action: ENDED, description }, attributes('result', { outcome }))]
}

/**
 * A record for each organization whose records are exported, so that it sees who exports them. It has neither the
 * filters nor the numbers: they are about the records of others, too.
 */
function notices(
  exported: ExportDetails,
  what: Pick<Audit, 'action' | 'description'>,
  results: readonly Attribute[] = [],
): readonly Audit[] {
  const { organizations, format } = exported
  const own = ownOrganization(exported)
  return organizations
    .filter((organization) => organization !== own)
    .map((organization) => ({
      ...common(exported),
      ...what,
      target_resource_org_id: organization,
      audit_attributes: [...results, ...attributes('export', { format })],
    }))
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
