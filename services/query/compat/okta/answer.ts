import { isIP } from 'node:net'
import type { EventKind, Outcome } from '../../../../schemas/streams/index.js'
import type { ApiRecord } from '../../clickhouse/rows.js'
import { eventTypeOf } from './event_types.js'
import { RESULTS, severityOf, UNKNOWN } from './paths.js'

/** A record as an event of Okta's System Log. What is not known is null, or `unknown` where Okta says so. */
export function logEvent(record: ApiRecord, kind: EventKind): object {
  const outcome = (record.outcome ?? 'unknown') as Outcome
  const { event_id, time, user_id, upstream_user_id: login, session, source_ip: address, issuer, event } = record
  return {
    uuid: event_id,
    // Okta's times have milliseconds, and programs parse just those.
    published: `${time.slice(0, -4)}Z`,
    eventType: eventTypeOf(record.event_name, kind),
    version: '0',
    severity: severityOf(outcome),
    legacyEventType: null,
    displayMessage: messageOf(record),
    actor: {
      id: user_id ?? UNKNOWN,
      type: 'User',
      alternateId: login ?? UNKNOWN,
      displayName: login ?? user_id ?? UNKNOWN,
      detailEntry: null,
    },
    client: {
      userAgent:
        record.user_agent === undefined ? null : { rawUserAgent: record.user_agent, os: UNKNOWN, browser: 'UNKNOWN' },
      zone: null,
      device: null,
      id: record.client_id ?? null,
      ipAddress: address ?? null,
      geographicalContext: null,
    },
    device: null,
    outcome: { result: RESULTS[outcome], reason: outcome === 'success' ? null : (event ?? null) },
    target: targetsOf(record),
    transaction: { type: 'WEB', id: record.trace_id ?? UNKNOWN, detail: {} },
    debugContext: { debugData: ownFields(record) },
    authenticationContext: {
      authenticationProvider: null,
      credentialProvider: null,
      credentialType: null,
      issuer: issuer === undefined ? null : { id: issuer, type: null },
      interface: null,
      authenticationStep: 0,
      externalSessionId: session ?? UNKNOWN,
      rootSessionId: session ?? UNKNOWN,
    },
    securityContext: { asNumber: null, asOrg: null, isp: null, domain: null, isProxy: null },
    request: { ipChain: typeof address === 'string' ? [addressOf(address)] : [] },
  }
}

function messageOf({ stage, event_name, event }: ApiRecord): string | null {
  const parts = [stage ?? event_name, event].filter((part) => part !== undefined)
  return parts.length === 0 ? null : parts.join(': ')
}

function addressOf(ip: string): object {
  return { ip, geographicalContext: null, version: isIP(ip) === 6 ? 'V6' : 'V4', source: null }
}

function targetsOf({ application_name: name, client_id: id, upstream_idp: provider }: ApiRecord): object[] | null {
  const targets = [
    ...(name === undefined ? [] : [targetOf('AppInstance', id ?? name, name)]),
    ...(provider === undefined ? [] : [targetOf('IdentityProvider', provider, provider)]),
  ]
  return targets.length === 0 ? null : targets
}

function targetOf(type: string, id: unknown, name: unknown): object {
  return { id, type, alternateId: name, displayName: name, detailEntry: null }
}

/** The fields that have no place in Okta's event. */
const OWN = [
  'org_id',
  'org_name',
  'login_org_id',
  'login_org_name',
  'stage',
  'event',
  'result',
  'token_id',
  'request_id',
]

function ownFields(record: ApiRecord): object {
  return Object.fromEntries(OWN.flatMap((name) => (record[name] === undefined ? [] : [[name, record[name]]])))
}
