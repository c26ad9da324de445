import type { Stream } from './stream.js'

/** Actions: whoever does something to a resource through an API leaves a record of who did what to which. */
export const audits = {
  name: 'audits',
  record: 'Audit',
  version: 1,
  doc: 'An audit record containing information about a single action performed in the system: who did what to which resource, through which API.',
  key: ['trace_id', 'session', 'user_id'],
  organizations: ['org_id', 'target_resource_org_id'],
  fields: [
    {
      name: 'user_id',
      doc: 'The id of the user performing the action.',
      cardinality: 'high',
      filter: { doc: 'Query based on user id.', example: '1234' },
    },
    { name: 'user_email', doc: 'The email address of the user performing the action.', cardinality: 'high' },
    {
      name: 'target_resource_type',
      doc: 'The name of the resource type which was affected by the action. `target_id` identifies the resource within the type.',
      cardinality: 'low',
      filter: { doc: 'The type of the resource that was affected by the action.', example: 'user_role' },
    },
    {
      name: 'target_resource_org_id',
      doc: 'The id of the organization that the resource belongs to.',
      cardinality: 'low',
    },
    { name: 'target_resource_name', doc: 'The human friendly name of the resource.', cardinality: 'high' },
    {
      name: 'api_name',
      doc: 'The name of the API which generated the record. One API typically has many types of resources.',
      cardinality: 'low',
      filter: { doc: 'The name of the API which generated the record.', example: 'users' },
    },
    {
      name: 'org_id',
      doc: 'The id of the organization of the user performing the action.',
      cardinality: 'low',
      filter: { doc: 'Organization unique identifier.', example: 'org-1' },
    },
    {
      name: 'action',
      doc: 'The type of action performed on the resource.',
      cardinality: 'low',
      filter: { doc: 'The type of action which caused the record.', example: 'CREATE' },
    },
    { name: 'source_ip', doc: 'The IP address of the host initiating the action.', cardinality: 'high' },
    {
      name: 'target_id',
      doc: 'The id of the resource affected by the action.',
      cardinality: 'high',
      filter: { doc: 'The id of the resource affected by the action, such as that of a token that was created.' },
    },
    {
      name: 'token_id',
      doc: 'The id of the bearer token used to authenticate when performing the action.',
      cardinality: 'high',
      filter: { doc: 'The id of the bearer token that the action was performed with.', example: '123' },
    },
    {
      name: 'trace_id',
      doc: 'A correlation id associated with the requests related to this action.',
      cardinality: 'high',
    },
    {
      name: 'session',
      doc: 'The session associated with this action: the one that the sign-in began. Sessions typically span multiple tokens.',
      cardinality: 'high',
      filter: { parameter: 'session_id', doc: 'The session that the sign-in began.', example: '1234' },
    },
    {
      name: 'secondary_id',
      doc: 'The second part of the id of the resource affected by the action, where its key has several.',
      cardinality: 'high',
    },
    {
      name: 'tertiary_id',
      doc: 'The third part of the id of the resource affected by the action, where its key has several.',
      cardinality: 'high',
    },
    {
      name: 'parent_id',
      doc: 'The id of the resource that the one affected by the action belongs to.',
      cardinality: 'high',
    },
    {
      name: 'grandparent_id',
      doc: 'The id of the resource that the parent of the one affected by the action belongs to.',
      cardinality: 'high',
    },
    {
      name: 'audit_attributes',
      doc: 'What else there is to know of the action. Of a role that was given to a user, say: the application, the user, the role.',
      cardinality: 'high',
      list: [
        { name: 'attribute_id', doc: 'The id of the attribute.' },
        { name: 'attribute_type', doc: 'The name of the attribute’s type.' },
        { name: 'attribute_org_id', doc: 'The id of the organization that the attribute belongs to.' },
        { name: 'attribute_name', doc: 'The name of the attribute.' },
      ],
    },
    { name: 'description', doc: 'A human readable summary of the action.', cardinality: 'high' },
  ],
} as const satisfies Stream
