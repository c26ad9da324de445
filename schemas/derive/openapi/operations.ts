type Part = Readonly<Record<string, unknown>>

/** The OpenAPI paths of what every listening service serves beside its own: health, readiness, metrics and its description. */
export const operationPaths: Part = {
  '/healthz': {
    get: operation('healthz', 'Whether the process answers', {
      '200': json('It does.', state('ok'), { status: 'ok' }),
    }),
  },
  '/readyz': {
    get: operation('readyz', 'Whether the service can do its work', {
      '200': json('It can.', state('ready'), { status: 'ready' }),
      '503': json('It cannot; the answer says what it waits for.', waiting(), {
        status: 'not ready',
        waiting_for: 'ClickHouse',
      }),
    }),
  },
  '/metrics': {
    get: operation('metrics', 'The service’s metrics', {
      '200': {
        description: 'In the text format of Prometheus; docs/metrics.md lists them.',
        content: {
          'text/plain': {
            schema: { type: 'string' },
            example: '# TYPE gatelog_query_rows_total counter\ngatelog_query_rows_total{stream="auth_audits"} 42\n',
          },
        },
      },
    }),
  },
  '/openapi.json': {
    get: operation('openapi', 'This document', {
      '200': json(
        'The document.',
        { type: 'object', required: ['openapi', 'info', 'paths'] },
        { openapi: '3.1.0', info: { title: 'Gatelog', version: '1.0.0' }, paths: {} },
      ),
    }),
  },
}

/** The OpenAPI path of the page at which people read the document. */
export const readingPagePath: Part = {
  '/docs': {
    get: operation('docs', 'This document as a page for people', {
      '200': {
        description: 'The page.',
        content: { 'text/html': { schema: { type: 'string' }, example: '<!doctype html>…' } },
      },
    }),
  },
}

function operation(operationId: string, summary: string, responses: Part): Part {
  return { operationId, summary, tags: ['operations'], security: [], responses }
}

function json(description: string, schema: Part, example: Part): Part {
  return { description, content: { 'application/json': { schema, example } } }
}

function state(status: string): Part {
  return {
    type: 'object',
    required: ['status'],
    properties: { status: { const: status, description: 'How the service is.' } },
  }
}

function waiting(): Part {
  return {
    type: 'object',
    required: ['status', 'waiting_for'],
    properties: {
      status: { const: 'not ready', description: 'How the service is.' },
      waiting_for: { type: 'string', description: 'What it waits for.' },
    },
  }
}
