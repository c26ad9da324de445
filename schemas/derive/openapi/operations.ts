import type { OpenAPIV3_1 } from 'openapi-types'
import type { Paths } from './operation_parts.js'

/** The paths that every listening service serves: health, readiness, metrics and its OpenAPI document. */
export const operationPaths: Paths = {
  '/healthz': {
    get: operation('healthz', 'Check that the process responds', {
      '200': json('It does.', state('ok'), { status: 'ok' }),
    }),
  },
  '/readyz': {
    get: operation('readyz', 'Check that the service can do its work', {
      '200': json('It can.', state('ready'), { status: 'ready' }),
      '503': json('It cannot. The response says what it waits for.', waiting(), {
        status: 'not ready',
        waiting_for: 'ClickHouse',
      }),
    }),
  },
  '/metrics': {
    get: operation('metrics', 'Get the metrics', {
      '200': {
        description: 'The metrics in the text format of Prometheus. docs/metrics.md lists them.',
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
    get: operation('openapi', 'Get this document', {
      '200': json(
        'The document.',
        { type: 'object', required: ['openapi', 'info', 'paths'] },
        { openapi: '3.1.0', info: { title: 'Gatelog', version: '1.0.0' }, paths: {} },
      ),
    }),
  },
}

/** The path of the API page. */
export const apiPagePath: Paths = {
  '/docs': {
    get: operation('docs', 'Read this document as a web page', {
      '200': {
        description: 'The page.',
        content: { 'text/html': { schema: { type: 'string' }, example: '<!doctype html>…' } },
      },
    }),
  },
}

function operation(
  operationId: string,
  summary: string,
  responses: OpenAPIV3_1.ResponsesObject,
): OpenAPIV3_1.OperationObject {
  return { operationId, summary, tags: ['operations'], security: [], responses }
}

function json(description: string, schema: OpenAPIV3_1.SchemaObject, example: object): OpenAPIV3_1.ResponseObject {
  return { description, content: { 'application/json': { schema, example } } }
}

function state(status: string): OpenAPIV3_1.SchemaObject {
  return {
    type: 'object',
    required: ['status'],
    properties: { status: { const: status, description: 'The state of the service.' } },
  }
}

function waiting(): OpenAPIV3_1.SchemaObject {
  return {
    type: 'object',
    required: ['status', 'waiting_for'],
    properties: {
      status: { const: 'not ready', description: 'The state of the service.' },
      waiting_for: { type: 'string', description: 'What it waits for.' },
    },
  }
}
