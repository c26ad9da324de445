import { describe, expect, it } from 'vitest'
import { authAudits, type Stream, streams } from '../../streams/index.js'
import { parameters } from '../parameters.js'
import { queryApi } from './document.js'

const animals: Stream = {
  name: 'animals',
  record: 'Animal',
  version: 1,
  doc: 'Animals seen.',
  key: [],
  organizations: ['zoo'],
  fields: [
    { name: 'zoo', doc: 'Where.', cardinality: 'low', filter: { doc: 'By zoo.', example: 'Basel' } },
    { name: 'kind', doc: 'What.', cardinality: 'high', filter: { parameter: 'kind_of', doc: 'By kind.' } },
    { name: 'note', doc: 'Remarks.', cardinality: 'high' },
  ],
}

/** A part of the document as JSON, by its path of keys. */
function at(streams: readonly Stream[], ...path: readonly string[]) {
  return path.reduce((part, key) => part[key], JSON.parse(JSON.stringify(queryApi(streams))))
}

/** Whether a response has a description, its content an example, and its headers a description. */
function described(answer: unknown): boolean {
  const { $ref, description, content = {}, headers = {} } = answer as Record<string, string | object>
  if ($ref !== undefined) return true
  const [media, fields] = [Object.values(content), Object.values(headers)]
  return Boolean(description) && media.every(({ example }) => example) && fields.every((field) => field.description)
}

describe('the document of any stream', () => {
  it('has a list, counts, values, changes, a tail and an export for each stream, and sign-ins if a stream has them', () => {
    const kinds = ['', '/counts', '/values', '/changes', '/tail', '/export']
    expect(Object.keys(at([animals, authAudits], 'paths'))).toEqual([
      ...kinds.map((kind) => `/v1/animals${kind}`),
      ...kinds.map((kind) => `/v1/auth_audits${kind}`),
      '/v1/sign_ins',
      '/v1/sign_ins/counts',
      '/v1/sign_ins/{trace_id}',
      ...['logins', 'pseudonyms', 'accounts', 'users'].map((of) => `/api/v1/audit/authentication/${of}/{id}`),
      '/api/v1/logs',
      '/healthz',
      '/readyz',
      '/metrics',
      '/openapi.json',
      '/docs',
    ])
  })

  it('describes the parameters that the service accepts, and no others', () => {
    const described: { name: string; description: string }[] = at(
      [animals],
      'paths',
      '/v1/animals',
      'get',
      'parameters',
    )
    expect(described.map(({ name }) => name)).toEqual([
      ...['limit', 'dt_from', 'dt_to', 'timezone', 'event_id', 'zoo', 'kind_of', 'not_zoo', 'not_kind_of'],
      ...['cursor', 'page_on', 'page_at_key', 'page_sort', 'search_direction'],
    ])
    expect(described.map(({ name }) => name)).toEqual(parameters(animals).map(({ name }) => name))
    expect(described.at(5)).toEqual({
      name: 'zoo',
      in: 'query',
      description: 'By zoo. For example, `Basel`.',
      schema: { type: 'array', items: { type: 'string' }, maxItems: 100, examples: [['Basel']] },
    })
    expect(described.at(0)).toMatchObject({ schema: { type: 'integer', minimum: 1, maximum: 10_000, default: 500 } })
  })

  it('describes the record and the list', () => {
    const { Animal, AnimalList } = at([animals], 'components', 'schemas')
    expect(Object.keys(Animal.properties)).toEqual(['event_id', 'time', 'zoo', 'kind', 'note'])
    expect(Animal).toMatchObject({
      required: ['event_id', 'time'],
      properties: { note: { type: 'string', description: 'Remarks.' } },
    })
    expect(AnimalList.required).toEqual(['limit', 'animals'])
    expect(AnimalList.properties.animals).toMatchObject({
      type: 'array',
      items: { $ref: '#/components/schemas/Animal' },
    })
  })

  it('has an example of the declaration’s examples', () => {
    const { example } = at([animals], 'paths', '/v1/animals', 'get', 'responses', '200', 'content', 'application/json')
    expect(example).toMatchObject({ limit: 1, animals: [{ zoo: 'Basel' }] })
  })

  it('describes every error response', () => {
    expect(Object.keys(at([animals], 'paths', '/v1/animals', 'get', 'responses'))).toEqual([
      '200',
      '400',
      '401',
      '403',
      '408',
      '422',
      '429',
      '431',
      '500',
      '503',
    ])
  })
})

describe('the document of Gatelog', () => {
  it('describes every operation, parameter, schema and header, and has an example of every response', () => {
    const { paths, components } = at(streams)
    const operations = Object.values(paths).flatMap((path) => Object.values(path as object))
    for (const { operationId, summary, parameters = [], responses } of operations) {
      expect(summary, operationId).toBeTruthy()
      for (const { name, description } of parameters) expect(description, `${operationId} ${name}`).toBeTruthy()
      for (const answer of Object.values(responses)) expect(described(answer), operationId).toBe(true)
    }
    for (const [name, answer] of Object.entries(components.responses)) expect(described(answer), name).toBe(true)
    for (const [name, schema] of Object.entries(components.schemas)) {
      const { description, properties = {} } = schema as { description?: string; properties?: object }
      expect(description, name).toBeTruthy()
      for (const [property, { description: text, $ref }] of Object.entries(properties)) {
        expect(text ?? $ref, `${name}.${property}`).toBeTruthy()
      }
    }
  })

  it('has a different id for each operation', () => {
    const ids = Object.values(at(streams, 'paths')).map(
      (path) => (path as { get: { operationId: string } }).get.operationId,
    )
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('contains everything that it refers to', () => {
    const document = at(streams)
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => String(path))
    expect(references.length).toBeGreaterThan(0)
    for (const path of references) {
      const found = path.split('/').reduce((part, key) => part?.[key], document)
      expect(found, path).toBeDefined()
    }
  })

  it('has the parameters of the published client’s AuditsApi, each name once', () => {
    const names = parameters(authAudits).flatMap((each) => ('excludes' in each ? [] : each.name))
    expect(new Set(names).size).toBe(names.length)
    expect(names.toSorted()).toEqual(
      [
        ...[
          'limit',
          'user_id',
          'dt_from',
          'dt_to',
          'org_id',
          'session_id',
          'trace_id',
          'upstream_user_id',
          'upstream_idp',
        ],
        ...['login_org_id', 'source_ip', 'client_id', 'event', 'stage', 'result'],
        ...['page_on', 'page_at_key', 'page_sort', 'search_direction'],
        // Beyond the client's.
        ...['token_id', 'issuer', 'application_name', 'user_agent', 'org_name', 'login_org_name', 'event_id', 'cursor'],
        ...['event_name', 'request_id', 'outcome', 'timezone'],
      ].toSorted(),
    )
  })
})
