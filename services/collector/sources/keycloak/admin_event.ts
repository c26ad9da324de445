import { z } from 'zod'
import { eventIdOf } from '../../webhooks/event_id.js'
import { optionalPart } from '../provider_text.js'
import { checked, type Reading, type SourceAction } from '../source.js'
import type { EventContext } from './access_event.js'
import { text, time } from './fields.js'

/**
 * The parts of an administrator's event that become a record. `representation`, which may hold secrets, is not read.
 */
const adminEvent = z.object({
  id: text,
  uid: text,
  type: text,
  time,
  realmId: text,
  realmName: text,
  operationType: text,
  resourceType: text,
  resourcePath: text,
  error: text,
  authDetails: optionalPart(z.object({ realmId: text, clientId: text, userId: text, username: text, ipAddress: text })),
  details: optionalPart(z.object({ userId: text, username: text })),
})

/** @throws {ShapeError} */
export function readAdminEvent(body: unknown, { source }: EventContext): Reading {
  const { id, uid: _, ...event } = checked(adminEvent, body)
  const at = new Date(event.time)
  const path = targetPath(event.resourcePath, event.operationType)
  const record: SourceAction = {
    event_id: eventIdOf(source, id ?? JSON.stringify(event), at),
    time: at,
    api_name: 'keycloak',
    action: event.operationType ?? event.type?.split('-').at(-1),
    user_id: event.authDetails.userId,
    org_id: event.realmId,
    source_ip: event.authDetails.ipAddress,
    target_resource_type: event.resourceType?.toLowerCase(),
    target_resource_org_id: event.realmId,
    target_resource_name: event.details.username,
    target_id: path.at(-1),
    // `clients/<id>/roles/<name>`: the resource that the target belongs to.
    parent_id: path.length > 2 ? path.at(-3) : undefined,
    description: description(event),
  }
  return { is: 'action', record }
}

/** Where the target is. The last part of `users/<id>/reset-password` is what was done to the user. */
function targetPath(resourcePath: string | undefined, operation: string | undefined): readonly string[] {
  const path = resourcePath?.split('/') ?? []
  return operation === 'ACTION' && path.length > 2 ? path.slice(0, -1) : path
}

function description({ authDetails, resourcePath, realmName, error }: Omit<z.output<typeof adminEvent>, 'id' | 'uid'>) {
  const who =
    authDetails.username === undefined
      ? []
      : [`by ${authDetails.username} of ${authDetails.realmId ?? 'an unknown realm'}`]
  const where = resourcePath === undefined ? [] : [`at ${resourcePath}`]
  const realm = realmName === undefined ? [] : [`in ${realmName}`]
  return [...where, ...realm, ...who, ...(error === undefined ? [] : [`failed: ${error}`])].join(', ') || undefined
}
