import type { JsonField, Stream } from '../stream.js'
import { authentikActions } from './actions.js'

/** A few texts and numbers about one thing. */
const SMALL = { maxBytes: 4 * 1024, maxDepth: 8, maxValues: 200 } satisfies Partial<JsonField>

/**
 * Events of applications, in the form of authentik's: who did what in which application, with a context of any shape.
 * An event that is a sign-in too has the `event_id` of its record in `auth_audits`.
 */
export const events = {
  name: 'events',
  record: 'Event',
  version: 1,
  doc: 'One event of an application: who did what, with a context of any shape.',
  // By `event_id`: an event has nothing that several events of one occurrence share.
  key: [],
  organizations: ['org_id'],
  persons: ['pk', 'username', 'email'].map((key) => ({ field: 'user', path: [key] }) as const),
  fields: [
    {
      name: 'org_id',
      doc: 'The id of the organization that the event belongs to. Of authentik’s events: the id of the brand.',
      cardinality: 'low',
      form: 'identifier',
      filter: { doc: 'The id of the organization that the event belongs to.', example: 'org-1' },
    },
    {
      name: 'action',
      doc: 'What happened, such as `login` or `model_updated`.',
      cardinality: 'low',
      values: authentikActions,
      filter: { doc: 'What happened.', example: 'login' },
    },
    {
      name: 'app',
      doc: 'The part of the application that wrote the event.',
      cardinality: 'low',
      filter: { doc: 'The part of the application that wrote the event.', example: 'authentik.events.signals' },
    },
    {
      name: 'user',
      doc: 'Who did it: `pk`, `username` and `email`; `on_behalf_of` is the user whom an administrator acts as.',
      cardinality: 'high',
      json: {
        ...SMALL,
        filters: [
          { parameter: 'user_pk', path: ['pk'], doc: 'The id of the user.', example: '7' },
          {
            parameter: 'username',
            path: ['username'],
            doc: 'The name of the user.',
            example: 'ada',
          },
          {
            parameter: 'user_email',
            path: ['email'],
            doc: 'The email address of the user.',
            example: 'ada@example.com',
          },
        ],
      },
    },
    {
      name: 'context',
      doc: 'More about the event, of any shape. Secrets are replaced at any depth.',
      cardinality: 'high',
      json: {
        maxBytes: 32 * 1024,
        maxDepth: 16,
        maxValues: 2_000,
        filters: [
          {
            parameter: 'context_authorized_app',
            path: ['authorized_application', 'pk'],
            doc: 'The id of the application that a user let in.',
            example: '3f2504e04f8911d39a0c0305e82c3301',
          },
          {
            parameter: 'context_device',
            path: ['device', 'pk'],
            doc: 'The id of the device.',
            example: '12',
          },
          {
            parameter: 'context_model_app',
            path: ['model', 'app'],
            doc: 'The application of the object that the event is about.',
            example: 'authentik_core',
          },
          {
            parameter: 'context_model_name',
            path: ['model', 'model_name'],
            doc: 'The kind of the object that the event is about.',
            example: 'user',
          },
          {
            parameter: 'context_model_pk',
            path: ['model', 'pk'],
            doc: 'The id of the object that the event is about.',
            example: '3f2504e04f8911d39a0c0305e82c3301',
          },
        ],
      },
    },
    {
      name: 'client_ip',
      doc: 'The IP address that the request came from.',
      cardinality: 'high',
      form: 'address',
      filter: {
        match: 'address',
        doc: 'The IP address that the request came from, or a range such as `192.0.2.0/24`.',
        example: '192.0.2.3',
      },
    },
    {
      name: 'expires',
      doc: 'When the application that wrote the event drops its own copy. It does not say how long Gatelog keeps this one.',
      cardinality: 'high',
    },
    {
      name: 'brand',
      doc: 'The brand of authentik that the request came to: `pk`, `name`, `app` and `model_name`.',
      cardinality: 'low',
      json: {
        ...SMALL,
        filters: [
          {
            parameter: 'brand_name',
            path: ['name'],
            doc: 'The name of the brand.',
            example: 'default',
          },
        ],
      },
    },
  ],
} as const satisfies Stream
