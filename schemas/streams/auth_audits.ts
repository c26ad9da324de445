import { authAuditsEventKinds } from './auth_audits_event_kinds.js'
import { authAuditsOcsf } from './auth_audits_ocsf.js'
import { authAuditsOutcomes } from './auth_audits_outcomes/index.js'
import type { Stream } from './stream.js'

/**
 * Sign-ins: each stage of an authentication pipeline emits a record of who signs in, what they sign in to, and whether
 * the stage succeeded.
 */
export const authAudits = {
  name: 'auth_audits',
  record: 'AuthAudit',
  version: 2,
  doc: 'One stage of a sign-in: who signs in, what they sign in to, and whether the stage succeeded.',
  key: ['trace_id', 'session', 'user_id'],
  organizations: ['org_id', 'login_org_id'],
  persons: ['user_id', 'upstream_user_id'],
  outcomes: authAuditsOutcomes,
  eventKinds: authAuditsEventKinds,
  ocsf: authAuditsOcsf,
  fields: [
    {
      name: 'user_id',
      doc: 'The id of the user who signs in, in the system that emits the record.',
      cardinality: 'high',
      form: 'identifier',
      filter: { doc: 'The id of the user who signs in.', example: '1234' },
    },
    {
      name: 'upstream_user_id',
      doc: 'The id of the user at the upstream identity provider, often an email address.',
      cardinality: 'high',
      form: 'identifier',
      filter: {
        match: 'caseless',
        prefix: true,
        doc: 'The user’s id at the identity provider. `ada*` is a prefix.',
        example: 'ada@example.com',
      },
    },
    {
      name: 'org_id',
      doc: 'The id of the organization of the issuer.',
      cardinality: 'low',
      form: 'identifier',
      filter: { doc: 'The id of the organization of the issuer.', example: 'org-1' },
    },
    {
      name: 'org_name',
      doc: 'The name of the organization of the issuer.',
      cardinality: 'low',
      form: 'identifier',
      filter: { doc: 'The name of the organization of the issuer.', example: 'Example Ltd' },
    },
    {
      name: 'event',
      doc: 'What happened at the stage, such as `Success`. Its meaning depends on the stage.',
      cardinality: 'low',
      filter: { doc: 'What happened at the stage.', example: 'Success' },
    },
    {
      name: 'source_ip',
      doc: 'The IP address of the device that signs in.',
      cardinality: 'high',
      form: 'address',
      filter: {
        match: 'address',
        doc: 'The IP address of the device that signs in, or a range such as `192.0.2.0/24`.',
        example: '192.0.2.3',
      },
    },
    {
      name: 'token_id',
      doc: 'The id of the token that was issued or reissued.',
      cardinality: 'id',
      form: 'identifier',
      filter: { doc: 'The id of the token that was issued or reissued.' },
    },
    {
      name: 'trace_id',
      doc: 'The correlation id of one sign-in: all its stages have the same `trace_id`.',
      cardinality: 'id',
      form: 'identifier',
      filter: { doc: 'The correlation id of one sign-in.' },
    },
    {
      name: 'session',
      doc: 'The session of the tokens. It links the sign-in to what the session does later: `audits` has a `session` too.',
      cardinality: 'id',
      form: 'identifier',
      filter: { parameter: 'session_id', doc: 'The session that the sign-in started.' },
    },
    {
      name: 'issuer',
      doc: 'The issuer that the user signs in to.',
      cardinality: 'low',
      filter: { doc: 'The issuer that the user signs in to.', example: 'https://auth.example.com' },
    },
    {
      name: 'client_id',
      doc: 'The OIDC client id of the application that the user signs in to.',
      cardinality: 'low',
      form: 'identifier',
      filter: { doc: 'The OIDC client id of the application.', example: 'my-client-123' },
    },
    {
      name: 'application_name',
      doc: 'The name of the application that the user signs in to.',
      cardinality: 'low',
      form: 'identifier',
      filter: { doc: 'The name of the application that the user signs in to.', example: 'mail' },
    },
    {
      name: 'login_org_id',
      doc: 'The id of the application’s organization. `org_id` is the issuer’s.',
      cardinality: 'low',
      form: 'identifier',
      filter: { doc: 'The id of the application’s organization.', example: 'org-2' },
    },
    {
      name: 'login_org_name',
      doc: 'The name of the application’s organization.',
      cardinality: 'low',
      form: 'identifier',
      filter: { doc: 'The name of the application’s organization.', example: 'Example Ltd' },
    },
    {
      name: 'upstream_idp',
      doc: 'The name of the identity provider that authenticates the user.',
      cardinality: 'low',
      form: 'identifier',
      filter: { doc: 'The name of the identity provider that authenticates the user.', example: 'google' },
    },
    {
      name: 'stage',
      doc: 'The stage of the sign-in, such as `Login` or `Second factor`.',
      cardinality: 'low',
      filter: { doc: 'The stage of the sign-in.', example: 'Login' },
    },
    {
      name: 'user_agent',
      doc: 'The user agent of the client.',
      cardinality: 'low',
      form: 'identifier',
      maxStoredBytes: 1024,
      filter: {
        match: 'contains',
        doc: 'Text that the user agent contains. Case is ignored.',
        example: 'firefox',
      },
    },
    {
      name: 'event_name',
      doc: 'The name of the event, such as `Token` or `MFA Challenge`. Newer producers send it instead of `stage`.',
      cardinality: 'low',
      filter: { doc: 'The name of the event.', example: 'Authentication Request' },
    },
    {
      name: 'result',
      doc: 'The result of the event, such as `Success`, `DoMfa` or `Denied`. Newer producers send it instead of `event`.',
      cardinality: 'low',
      filter: { doc: 'The result of the event.', example: 'Success' },
    },
    {
      name: 'request_id',
      doc: 'The id of one authentication flow. Newer producers send it; the flow’s records show how one attempt ended.',
      cardinality: 'id',
      form: 'identifier',
      filter: { doc: 'The id of one authentication flow.', example: '1234-abcd' },
    },
  ],
} as const satisfies Stream
