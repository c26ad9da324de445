import type { Stream } from './stream.js'

/** Actions: each record says who did what to which resource, through which API. */
export const audits = {
  name: 'audits',
  record: 'Audit',
  version: 1,
  doc: 'One action: who did what to which resource, through which API.',
  key: ['trace_id', 'session', 'user_id'],
  organizations: ['org_id', 'target_resource_org_id'],
  persons: ['user_id', 'user_email', 'target_id'],
  fields: [
    {
      name: 'user_id',
      doc: 'The id of the user who performs the action.',
      cardinality: 'high',
      form: 'identifier',
      filter: { doc: 'The id of the user who performs the action.', example: '1234' },
    },
    {
      name: 'user_email',
      doc: 'The email address of the user who performs the action.',
      cardinality: 'high',
      form: 'identifier',
    },
    {
      name: 'target_resource_type',
      doc: 'The type of the resource that the action affects. `target_id` identifies the resource within its type.',
      cardinality: 'low',
      filter: { doc: 'The type of the resource that the action affects.', example: 'user_role' },
    },
    {
      name: 'target_resource_org_id',
      doc: 'The id of the organization that the resource belongs to.',
      cardinality: 'low',
      form: 'identifier',
    },
    { name: 'target_resource_name', doc: 'The human-readable name of the resource.', cardinality: 'high' },
    {
      name: 'api_name',
      doc: 'The name of the API that generated the record. One API usually has many types of resources.',
      cardinality: 'low',
      filter: { doc: 'The name of the API that generated the record.', example: 'users' },
    },
    {
      name: 'org_id',
      doc: 'The id of the organization of the user who performs the action.',
      cardinality: 'low',
      form: 'identifier',
      filter: { doc: 'The id of the organization of the user who performs the action.', example: 'org-1' },
    },
    {
      name: 'action',
      doc: 'What is done to the resource, such as `CREATE`, `UPDATE` or `DELETE`.',
      cardinality: 'low',
      filter: { doc: 'What is done to the resource.', example: 'CREATE' },
    },
    { name: 'source_ip', doc: 'The IP address that the action comes from.', cardinality: 'high', form: 'address' },
    {
      name: 'target_id',
      doc: 'The id of the resource that the action affects.',
      cardinality: 'high',
      filter: { doc: 'The id of the resource that the action affects.' },
    },
    {
      name: 'token_id',
      doc: 'The id of the bearer token that authenticates the action.',
      cardinality: 'high',
      form: 'identifier',
      filter: { doc: 'The id of the bearer token that authenticates the action.', example: '123' },
    },
    {
      name: 'trace_id',
      doc: 'The correlation id of the requests that belong to this action.',
      cardinality: 'high',
      form: 'identifier',
    },
    {
      name: 'session',
      doc: 'The session of the action, which began with a sign-in. A session usually spans several tokens.',
      cardinality: 'high',
      form: 'identifier',
      filter: { parameter: 'session_id', doc: 'The session of the action.', example: '1234' },
    },
    {
      name: 'secondary_id',
      doc: 'The second part of the resource’s id, if its key has several parts.',
      cardinality: 'high',
    },
    {
      name: 'tertiary_id',
      doc: 'The third part of the resource’s id, if its key has several parts.',
      cardinality: 'high',
    },
    {
      name: 'parent_id',
      doc: 'The id of the parent of the resource.',
      cardinality: 'high',
    },
    {
      name: 'grandparent_id',
      doc: 'The id of the parent of the parent.',
      cardinality: 'high',
    },
    {
      name: 'audit_attributes',
      doc: 'More about the action. If a role is granted to a user, for example: the application, the user and the role.',
      cardinality: 'high',
      list: [
        { name: 'attribute_id', doc: 'The id of the attribute.' },
        { name: 'attribute_type', doc: 'The type of the attribute.' },
        { name: 'attribute_org_id', doc: 'The id of the organization that the attribute belongs to.' },
        { name: 'attribute_name', doc: 'The name of the attribute.' },
      ],
    },
    { name: 'description', doc: 'A human-readable summary of the action.', cardinality: 'high' },
  ],
} as const satisfies Stream
