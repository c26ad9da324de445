import { describe, expect, it } from 'vitest'
import { authAudits, type Stream, streams } from '../streams/index.js'
import { queryApi } from './openapi.js'
import { parameters } from './parameters.js'

const animals: Stream = {
  name: 'animals',
  record: 'Animal',
  version: 1,
  doc: 'Animals seen.',
  key: [],
  organisations: ['zoo'],
  fields: [
    { name: 'zoo', doc: 'Where.', cardinality: 'low', filter: { doc: 'By zoo.', example: 'Basel' } },
    { name: 'kind', doc: 'What.', cardinality: 'high', filter: { parameter: 'kind_of', doc: 'By kind.' } },
    { name: 'note', doc: 'Remarks.', cardinality: 'high' },
  ],
}

/** The document as JSON has it, at a path of keys. */
function at(streams: readonly Stream[], ...path: readonly string[]) {
  return path.reduce((part, key) => part[key], JSON.parse(JSON.stringify(queryApi(streams))))
}

describe('the document of any stream', () => {
  it('has for each a list, both readings in order of arrival and an export, besides the operations', () => {
    expect(Object.keys(at([animals, authAudits], 'paths'))).toEqual([
      ...['/v1/animals', '/v1/animals/changes', '/v1/animals/tail', '/v1/animals/export'],
      ...['/v1/auth_audits', '/v1/auth_audits/changes', '/v1/auth_audits/tail', '/v1/auth_audits/export'],
      '/healthz',
      '/readyz',
      '/metrics',
      '/openapi.json',
    ])
  })

  it('describes the parameters that the service reads, and no other', () => {
    const described: { name: string; description: string }[] = at(
      [animals],
      'paths',
      '/v1/animals',
      'get',
      'parameters',
    )
    expect(described.map(({ name }) => name)).toEqual([
      ...['limit', 'dt_from', 'dt_to', 'event_id', 'zoo', 'kind_of'],
      ...['cursor', 'page_on', 'page_at_key', 'page_sort', 'search_direction'],
    ])
    expect(described.map(({ name }) => name)).toEqual(parameters(animals).map(({ name }) => name))
    expect(described.at(4)).toEqual({
      name: 'zoo',
      in: 'query',
      description: 'By zoo.',
      example: ['Basel'],
      schema: { type: 'array', items: { type: 'string' }, maxItems: 100 },
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
    expect(AnimalList.properties.animals).toEqual({ type: 'array', items: { $ref: '#/components/schemas/Animal' } })
  })

  it('gives an example made of the declaration’s', () => {
    const { example } = at([animals], 'paths', '/v1/animals', 'get', 'responses', '200', 'content', 'application/json')
    expect(example).toMatchObject({ limit: 1, animals: [{ zoo: 'Basel' }] })
  })

  it('describes every way to fail', () => {
    expect(Object.keys(at([animals], 'paths', '/v1/animals', 'get', 'responses'))).toEqual([
      '200',
      '400',
      '401',
      '403',
      '422',
      '429',
      '500',
      '503',
    ])
  })
})

describe('the document of Gatelog', () => {
  it('refers to nothing that it does not hold', () => {
    const document = at(streams)
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => String(path))
    expect(references.length).toBeGreaterThan(0)
    for (const path of references) {
      const found = path.split('/').reduce((part, key) => part?.[key], document)
      expect(found, path).toBeDefined()
    }
  })

  it('has the parameters of the published client’s AuditsApi, and its own names for nothing twice', () => {
    const names = parameters(authAudits).map(({ name }) => name)
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
        ...['event_name', 'request_id', 'outcome'],
      ].toSorted(),
    )
  })
})
