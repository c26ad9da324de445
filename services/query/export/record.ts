import type { Audit } from '../../emitter/index.js'
import type { Principal } from '../auth/bearer_tokens.js'
import type { RequestQuery } from '../parameters/given_parameters.js'
import type { Given } from './relay.js'

/** An export as its trail tells it. */
export interface Exported {
  readonly id: string
  readonly stream: string
  readonly format: string
  readonly principal: Principal
  /** What was asked, as it was. */
  readonly asked: RequestQuery
  readonly sourceIp: string
}

/** How an export ended: whole, broken off by us, or left by its caller. */
export type Ending = 'complete' | 'broken' | 'abandoned'

/** The action of the record that an export leaves before its first record leaves. */
const BEGUN = 'EXPORT_BEGIN'

/** That an export begins. It is kept before the first record leaves. */
export function begunRecord(exported: Exported): Audit {
  return { ...common(exported), action: BEGUN, description: `Begins to export ${subject(exported)}.` }
}

/** How it ended, and what had left by then. */
export function endedRecord(exported: Exported, ending: Ending, { records, bytes }: Given): Audit {
  const { audit_attributes = [], ...rest } = common(exported)
  const result = { outcome: ending, records: String(records), bytes: String(bytes) }
  return {
    ...rest,
    action: 'EXPORT',
    description: `Exported ${records} records (${bytes} bytes) of ${subject(exported)}: ${ending}.`,
    audit_attributes: [...attributes('result', result), ...audit_attributes],
  }
}

function common({ id, stream, format, principal, asked, sourceIp }: Exported): Audit {
  const { organizations, subject, tokenId } = principal
  return {
    user_id: subject,
    api_name: 'gatelog',
    target_resource_type: stream,
    target_id: id,
    trace_id: id,
    source_ip: sourceIp,
    // Of several, none is the person's own.
    org_id: organizations !== 'all' && organizations.length === 1 ? organizations[0] : undefined,
    token_id: tokenId,
    audit_attributes: fitting([...attributes('export', { format }), ...filters(asked)]),
  }
}

interface Attribute {
  readonly attribute_type: string
  readonly attribute_id: string
  readonly attribute_name: string
}

function filters(asked: RequestQuery): Attribute[] {
  return Object.entries(asked)
    .filter(([name]) => name !== 'format')
    .flatMap(([name, values]) => [values ?? []].flat().flatMap((value) => attributes('filter', { [name]: value })))
}

function attributes(type: string, values: Readonly<Record<string, string>>): Attribute[] {
  return Object.entries(values).map(([id, name]) => ({ attribute_type: type, attribute_id: id, attribute_name: name }))
}

/** A field has a most of bytes, and a request may ask for more than fits; what is left out is told by its number. */
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

/** Of the 8 KiB of a field, with something to spare for the result. */
const ROOM = 7_000

function subject({ stream, format }: Exported): string {
  return `${stream} as ${format}`
}
