import { describe, expect, it } from 'vitest'
import { authAudits, type Stream } from '../../schemas/streams/index.js'
import type { FieldFilter, Filters } from './filters.js'
import { narrow } from './narrow.js'
import type { Row } from './rows.js'
import type { Query } from './sql.js'

const { signal } = new AbortController()
const USER: FieldFilter = { field: 'user_id', parameter: 'user_id', values: ['u'] }
const AGENT: FieldFilter = { field: 'user_agent', parameter: 'user_agent', values: ['fox'], match: 'contains' }

/** Narrows with a store that answers each query with these rows, and tells what it was asked. */
async function narrowed(filters: Partial<Filters>, rows: readonly Row[], stream: Stream = authAudits) {
  const asked: Query[] = []
  const store = {
    async rows(query: Query) {
      asked.push(query)
      return rows
    },
  }
  return { asked, result: await narrow(stream, { limit: 5, fields: [], ...filters }, store, signal) }
}

const many = Array.from({ length: 101 }, (_, index) => [String(index), 'e', 'r'])

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
    const { result } = await narrowed({ fields: [AGENT] }, many)
    expect(result?.fields).toEqual([AGENT])
  })

  it('tells that nothing fits', async () => {
    expect((await narrowed({ fields: [AGENT] }, [])).result).toBeUndefined()
    expect((await narrowed({ outcomes: ['failure'] }, [])).result).toBeUndefined()
  })

  it('puts the values that records of an outcome have beside the outcome', async () => {
    const rows = [
      ['Login', 'Denied', ''],
      ['Token', 'Denied', 'Failure'],
    ]
    const { asked, result } = await narrowed({ outcomes: ['failure'] }, rows)
    expect(asked[0]?.query).toMatch(/^SELECT stage, event, result\nFROM auth_audits\nWHERE multiIf\(/)
    expect(result).toEqual({
      limit: 5,
      outcomes: ['failure'],
      fields: [
        { field: 'stage', parameter: 'told_stage', values: ['Login', 'Token'] },
        { field: 'event', parameter: 'told_event', values: ['Denied'] },
        { field: 'result', parameter: 'told_result', values: ['', 'Failure'] },
      ],
    })
  })

  it('leaves outcomes as they stand that many values have, or that other fields tell', async () => {
    expect((await narrowed({ outcomes: ['failure'] }, many)).result?.fields).toEqual([])
    const stream: Stream = { ...authAudits, outcomes: [{ outcome: 'failure', when: { client_id: ['a'] } }] }
    expect(await narrowed({ outcomes: ['failure'] }, [], stream)).toMatchObject({ asked: [], result: { fields: [] } })
  })
})
