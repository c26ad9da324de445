import { problem as Problem } from '../../schemas/derive/openapi/error_responses.js'
import { operationPaths } from '../../schemas/derive/openapi/operations.js'
import type { Stream } from '../../schemas/streams/index.js'
import { recordsPaths, recordsSchemas, writerSecurity } from './records/openapi.js'
import type { Source } from './sources/source.js'

/** The OpenAPI 3.1 document of the collector: a path for each stream and source, and the paths of every service. */
export function collectorDocument(sources: readonly Source[], streams: readonly Stream[] = []): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Gatelog collector',
      version: '1.0.0',
      description:
        'Takes audit records over HTTP, and webhooks of identity providers, which it turns into audit records.',
    },
    paths: {
      ...recordsPaths(streams),
      ...Object.fromEntries(sources.map((source) => [`/v1/sources/${source.name}`, { post: webhook(source) }])),
      ...operationPaths,
    },
    components: {
      securitySchemes: writerSecurity,
      schemas: { Accepted, Problem, ...recordsSchemas(streams) },
    },
  }
}

function webhook({ name, kind, request }: Source): object {
  return {
    operationId: `${name}_webhook`,
    summary: `Receive a webhook of ${kind}`,
    description:
      'Returns 200 when Kafka has acknowledged every record. A webhook that is sent again makes the same records.',
    ...request,
    responses: {
      200: {
        description: 'Kafka has acknowledged the records, or the webhook has no sign-in event.',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Accepted' } } },
      },
      401: problem('The signature is missing or wrong; nothing is stored.'),
      413: problem('The webhook is too large.'),
      422: problem('The webhook does not have the form that this source sends; `detail` names what is wrong.'),
      503: {
        ...problem('Kafka has not acknowledged in time. Send the webhook again.'),
        headers: { 'Retry-After': { description: 'In seconds.', schema: { type: 'integer' } } },
      },
    },
  }
}

function problem(description: string): object {
  return {
    description,
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  }
}

const Accepted = {
  type: 'object',
  required: ['event_ids', 'ignored'],
  properties: {
    event_ids: {
      type: 'array',
      description: 'The ids of the records.',
      items: { type: 'string', format: 'uuid' },
    },
    ignored: {
      type: 'array',
      description: 'The types of events that make no record.',
      items: { type: 'string' },
    },
  },
}
