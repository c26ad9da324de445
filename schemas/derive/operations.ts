type Part = Readonly<Record<string, unknown>>

/** The OpenAPI paths of what every listening service serves beside its own: health, readiness, metrics and its description. */
export const operationPaths: Part = {
  '/healthz': { get: operation('healthz', 'Whether the process answers', json('It does.')) },
  '/readyz': {
    get: operation('readyz', 'Whether the service can do its work', {
      ...json('It can.'),
      '503': {
        description: 'It cannot; the answer says what it waits for.',
        content: { 'application/json': { schema: { type: 'object' } } },
      },
    }),
  },
  '/metrics': {
    get: operation('metrics', 'The service’s metrics', {
      '200': {
        description: 'In the text format of Prometheus.',
        content: { 'text/plain': { schema: { type: 'string' } } },
      },
    }),
  },
  '/openapi.json': { get: operation('openapi', 'This document', json('The document.')) },
}

function operation(operationId: string, summary: string, responses: Part): Part {
  return { operationId, summary, tags: ['operations'], security: [], responses }
}

function json(description: string): Part {
  return { '200': { description, content: { 'application/json': { schema: { type: 'object' } } } } }
}
