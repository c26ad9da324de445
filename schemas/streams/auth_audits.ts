import { authAuditsOcsf } from './auth_audits_ocsf.js'
import { authAuditsOutcomes } from './auth_audits_outcomes.js'
import type { Stream } from './stream.js'

/**
 * Sign-ins: each stage of an authentication pipeline emits a record of who is performing the action, what they are trying to
 * log in to, and whether they succeeded.
 */
export const authAudits = {
  name: 'auth_audits',
  record: 'AuthAudit',
  version: 2,
  doc: 'An audit record of an authentication related action: who is performing it, what they are trying to log in to, whether they succeeded.',
  key: ['trace_id', 'session', 'user_id'],
  organizations: ['org_id', 'login_org_id'],
  outcomes: authAuditsOutcomes,
  ocsf: authAuditsOcsf,
  fields: [
    {
      name: 'user_id',
      doc: 'The system-local id of the user performing the action.',
      cardinality: 'high',
      filter: { doc: 'Query based on user id.', example: '1234' },
    },
    {
      name: 'upstream_user_id',
      doc: 'The id of the user in the upstream system, if available. Shown to people as Email.',
      cardinality: 'high',
      filter: { doc: 'The id of the user from upstream.', example: 'ada@example.com' },
    },
    {
      name: 'org_id',
      doc: 'The id of the organization of the issuer against which the user is authenticating.',
      cardinality: 'low',
      filter: { doc: 'Organization unique identifier.', example: 'org-1' },
    },
    {
      name: 'org_name',
      doc: 'The name of the organization of the issuer against which the user is authenticating.',
      cardinality: 'low',
      filter: { doc: 'The name of the organization of the issuer.', example: 'Example Ltd' },
    },
    {
      name: 'event',
      doc: 'The event which generated the record. The meaning of the event depends on the stage where it occurred.',
      cardinality: 'low',
      filter: { doc: 'The event which triggered the audit record.', example: 'Success' },
    },
    {
      name: 'source_ip',
      doc: 'The IP address of the host initiating the action.',
      cardinality: 'high',
      filter: { doc: 'The source IP address of the client device logging in.', example: '192.0.2.3' },
    },
    {
      name: 'token_id',
      doc: 'The id of the token issued or reissued as part of the authentication.',
      cardinality: 'id',
      filter: { doc: 'The id of the token that was issued or reissued.' },
    },
    {
      name: 'trace_id',
      doc: 'A correlation id associated with the requests of one attempt.',
      cardinality: 'id',
      filter: { doc: 'The id representing the request that triggered the event.' },
    },
    {
      name: 'session',
      doc: 'The session associated with tokens related to this event. It ties actions undertaken by requests bearing tokens with the same session back to the authentication events which created the tokens.',
      cardinality: 'id',
      filter: { parameter: 'session_id', doc: 'The session formed when the user started to log in.' },
    },
    {
      name: 'issuer',
      doc: 'The issuer the user logged in to.',
      cardinality: 'low',
      filter: { doc: 'The issuer the user logged in to.', example: 'https://auth.example.com' },
    },
    {
      name: 'client_id',
      doc: 'The client id of the web application or client that the user is logging in with, as presented to the authentication system.',
      cardinality: 'low',
      filter: { doc: 'The OIDC client id used to log in.', example: 'my-client-123' },
    },
    {
      name: 'application_name',
      doc: 'The name of the application within the system the user is logging in to.',
      cardinality: 'low',
      filter: { doc: 'The name of the application the user is logging in to.', example: 'mail' },
    },
    {
      name: 'login_org_id',
      doc: 'The id of the organization that the user is logging in to: that of the application, distinct from `org_id`, which is the issuer’s.',
      cardinality: 'low',
      filter: { doc: 'The id of the organization the user tried to log in to.', example: 'org-2' },
    },
    {
      name: 'login_org_name',
      doc: 'The name of the organization that the user is logging in to. Corresponds to `login_org_id`.',
      cardinality: 'low',
      filter: { doc: 'The name of the organization the user tried to log in to.', example: 'Example Ltd' },
    },
    {
      name: 'upstream_idp',
      doc: 'The name of the identity provider proving the identity of the user.',
      cardinality: 'low',
      filter: { doc: 'The name of the upstream identity provider.', example: 'google' },
    },
    {
      name: 'stage',
      doc: 'The stage of the login process: where in the pipeline the event was generated.',
      cardinality: 'low',
      filter: { doc: 'The stage of a pipeline to query for.', example: 'Login' },
    },
    {
      name: 'user_agent',
      doc: 'The user agent of the client used to perform the login.',
      cardinality: 'low',
      filter: {
        match: 'contains',
        doc: 'Text that the user agent contains, in upper or lower case.',
        example: 'firefox',
      },
    },
    {
      name: 'event_name',
      doc: 'The name of the event which generated the record, such as `Authentication Request`, `Policy Evaluation`, `Token` or `MFA Challenge`. Newer producers give it in place of `stage`.',
      cardinality: 'low',
      filter: { doc: 'The name of the event which triggered the audit record.', example: 'Authentication Request' },
    },
    {
      name: 'result',
      doc: 'The result of the event, such as `Success`, `InProgress`, `DoMfa`, `Failure`, `Denied` or `Timeout`. Newer producers give it in place of `event`.',
      cardinality: 'low',
      filter: { doc: 'The result of the event which triggered the audit record.', example: 'Success' },
    },
    {
      name: 'request_id',
      doc: 'The id that links the parts of one authentication flow together: its records tell how a single attempt ended.',
      cardinality: 'id',
      filter: { doc: 'The id that links the parts of one authentication flow.', example: '1234-abcd' },
    },
  ],
} as const satisfies Stream
