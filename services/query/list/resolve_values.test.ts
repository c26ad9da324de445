import { describe, expect, it } from 'vitest'
import { authAudits, type Stream } from '../../../schemas/streams/index.js'
import type { Query } from '../clickhouse/query.js'
import type { Row } from '../clickhouse/rows.js'
import type { FieldFilter, Filters } from '../parameters/filters.js'
import { narrow } from './resolve_values.js'

const { signal } = new AbortController()
const USER: FieldFilter = { field: 'user_id', parameter: 'user_id', values: ['u'] }
const AGENT: FieldFilter = { field: 'user_agent', parameter: 'user_agent', values: ['fox'], match: 'contains' }

/** Narrows with a database that answers each query with these rows, or with what it makes of the query, and tells what it was asked. */
async function narrowed(
  filters: Partial<Filters>,
  rows: readonly Row[] | ((query: Query) => readonly Row[]),
  stream: Stream = authAudits,
) {
  const asked: Query[] = []
  const database = {
    async rows(query: Query) {
      asked.push(query)
      return typeof rows === 'function' ? rows(query) : rows
    },
  }
  return { asked, result: await narrow(stream, { limit: 5, fields: [], ...filters }, database, signal) }
}

const numbered = (count: number, event: string) =>
  Array.from({ length: count }, (_, index) => [String(index), event, ''])

describe('narrowing', () => {
  it('asks nothing where indexes understand every filter', async () => {
    const { asked, result } = await narrowed({ fields: [USER] }, [])
    expect(asked).toEqual([])
    expect(result).toEqual({ limit: 5, fields: [USER] })
  })

  it('puts the values that contain a text in place of the text', async () => {
    const { asked, result } = await narrowed({ fields: [USER, AGENT] }, [['Firefox/1'], ['Foxy']])
    expect(asked).toEqual([
      {
        query:
          'SELECT user_agent\nFROM auth_audits\nWHERE multiSearchAnyCaseInsensitiveUTF8(user_agent, {user_agent:Array(String)})\n' +
          'GROUP BY user_agent\nLIMIT {limit:UInt32}',
        query_params: { limit: 101, user_agent: ['fox'] },
      },
    ])
    const values = ['Firefox/1', 'Foxy']
    expect(result?.fields).toEqual([USER, { field: 'user_agent', parameter: 'user_agent', values }])
  })

  it('leaves a text as it stands that many values contain', async () => {
    const { result } = await narrowed({ fields: [AGENT] }, numbered(101, ''))
    expect(result?.fields).toEqual([AGENT])
  })

  it('tells that nothing fits', async () => {
    expect((await narrowed({ fields: [AGENT] }, [])).result).toBeUndefined()
    expect((await narrowed({ outcomes: ['failure'] }, [])).result).toBeUndefined()
  })

  it('puts the combinations of values that have an outcome in place of the outcome', async () => {
    const rows = [
      ['Login', 'Denied', ''],
      ['Login', 'Success', ''],
      ['Token', 'Success', 'Failure'],
    ]
    const { asked, result } = await narrowed({ fields: [USER], outcomes: ['failure'] }, rows)
    expect(asked).toEqual([
      {
        query: 'SELECT stage, event, result\nFROM auth_audits\nGROUP BY stage, event, result\nLIMIT {limit:UInt32}',
        query_params: { limit: 1001 },
      },
    ])
    expect(result).toEqual({
      limit: 5,
      fields: [USER],
      combinations: { fields: ['stage', 'event', 'result'], values: [rows[0], rows[2]] },
    })
  })

  it('tells that no combination has the outcome', async () => {
    expect((await narrowed({ outcomes: ['failure'] }, [['Login', 'Success', '']])).result).toBeUndefined()
  })

  it('lets the database look through more combinations than may be fetched', async () => {
    const { asked, result } = await narrowed({ outcomes: ['failure'] }, ({ query }) =>
      query.includes('WHERE multiIf(') ? [['Login', 'Denied', '']] : numbered(1001, 'Success'),
    )
    expect(asked.map(({ query_params }) => query_params.limit)).toEqual([1001, 101])
    expect(result?.combinations?.values).toEqual([['Login', 'Denied', '']])
  })

  it('leaves outcomes as they stand that many combinations have, or that other fields tell', async () => {
    const common = await narrowed({ outcomes: ['failure'] }, numbered(101, 'Denied'))
    expect(common.result).toEqual({ limit: 5, fields: [], outcomes: ['failure'] })
    const stream: Stream = { ...authAudits, outcomes: [{ outcome: 'failure', when: { client_id: ['a'] } }] }
    const told = await narrowed({ outcomes: ['failure'] }, [], stream)
    expect(told).toEqual({ asked: [], result: common.result })
  })
})
