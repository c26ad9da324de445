import type { OcsfMapping } from './ocsf.js'

/**
 * Sign-ins as events of the class Authentication (3002). The class requires a `user` with a name or an id, and a
 * `service` or a destination. A record without them gets the name `Unknown`.
 * https://schema.ocsf.io/1.6.0/classes/authentication
 */
export const authAuditsOcsf = {
  version: '1.6.0',
  categoryUid: 3,
  classUid: 3002,
  activities: [
    {
      // Logoff
      id: 2,
      fields: ['stage', 'event', 'event_name'],
      words: ['logout', 'log out', 'logoff', 'log off', 'signout', 'sign out'],
    },
  ],
  // Logon
  activityId: 1,
  attributes: {
    user: {
      name: { of: ['upstream_user_id', 'user_id'], otherwise: 'Unknown' },
      uid: { of: ['user_id'] },
      org: { uid: { of: ['org_id'] }, name: { of: ['org_name'] } },
    },
    service: {
      name: { of: ['application_name', 'client_id', 'issuer'], otherwise: 'Unknown' },
      uid: { of: ['client_id'] },
    },
    session: { uid: { of: ['session'] }, issuer: { of: ['issuer'] }, credential_uid: { of: ['token_id'] } },
    src_endpoint: {
      ip: { of: ['source_ip'], where: 'address' },
      name: { of: ['source_ip'], where: 'no address' },
    },
    http_request: { uid: { of: ['request_id'] }, user_agent: { of: ['user_agent'] } },
    status_code: { of: ['result', 'event'] },
  },
  unmapped: ['event', 'event_name', 'stage', 'upstream_idp', 'login_org_id', 'login_org_name'],
} as const satisfies OcsfMapping
