import { describe, expect, it } from 'vitest'
import { valueIndexes } from '../../../schemas/derive/filter_indexes.js'
import { authAudits, type Stream } from '../../../schemas/streams/index.js'
import type { Principal } from '../../runtime/auth/bearer_tokens.js'
import type { Query } from '../clickhouse/database.js'
import type { Row } from '../clickhouse/rows.js'
import type { FieldFilter, Filters } from '../parameters/filters.js'
import { resolveValues } from './resolve_values.js'

const EVERYBODY: Principal = { subject: 's', scopes: [], organizations: 'all' }
const { signal } = new AbortController()
const USER: FieldFilter = { field: 'user_id', parameter: 'user_id', values: ['u'] }
const AGENT: FieldFilter = { field: 'user_agent', parameter: 'user_agent', values: ['fox'], match: 'contains' }

/**
 * Resolves values with a database that returns these rows for every query, or what the function returns; `asked` are
 * its queries.
 */
async function resolve(
  filters: Partial<Filters>,
  rows: readonly Row[] | ((query: Query) => readonly Row[]),
  stream: Stream = authAudits,
  principal: Principal = EVERYBODY,
) {
  const asked: Query[] = []
  const database = {
    async rows(query: Query) {
      asked.push(query)
      return typeof rows === 'function' ? rows(query) : rows
    },
  }
  return {
    asked,
    result: await resolveValues(stream, { limit: 5, fields: [], ...filters }, principal, database, signal),
  }
}

const numbered = (count: number, event: string) =>
  Array.from({ length: count }, (_, index) => [String(index), event, ''])

describe('resolveValues', () => {
  it('runs no query where indexes understand every filter', async () => {
    const { asked, result } = await resolve({ fields: [USER] }, [])
    expect(asked).toEqual([])
    expect(result).toEqual({ limit: 5, fields: [USER] })
  })

  it('replaces a text by the values that contain it', async () => {
    const { asked, result } = await resolve({ fields: [USER, AGENT] }, [['Firefox/1'], ['Foxy']])
    expect(asked).toEqual([
      {
        query:
          'SELECT user_agent\nFROM auth_audits\nWHERE match(user_agent, {user_agent:String})\n' +
          'GROUP BY user_agent\nLIMIT {limit:UInt32}',
        query_params: { limit: 101, user_agent: '(?i)(?:fox)' },
      },
    ])
    const values = ['Firefox/1', 'Foxy']
    expect(result?.fields).toEqual([USER, { field: 'user_agent', parameter: 'user_agent', values }])
  })

  it('reads the values of the principal’s organizations alone, from the projections by organization', async () => {
    const principal: Principal = { ...EVERYBODY, organizations: ['o', ''] }
    const { asked, result } = await resolve({ fields: [AGENT] }, [['Foxy']], authAudits, principal)
    const part = (field: string) =>
      `SELECT user_agent\nFROM auth_audits\nWHERE ${field} IN {organizations:Array(String)}\n` +
      '  AND match(user_agent, {user_agent:String})\nGROUP BY user_agent'
    expect(asked).toEqual([
      {
        query:
          `SELECT DISTINCT user_agent FROM (\n${part('org_id')}\nUNION ALL\n${part('login_org_id')}\n)\nLIMIT {limit:UInt32}\n` +
          `SETTINGS optimize_move_to_prewhere = 0, ignore_data_skipping_indices = '${valueIndexes(authAudits).join(',')}'`,
        query_params: { limit: 101, user_agent: '(?i)(?:fox)', organizations: ['o'] },
      },
    ])
    expect(result?.fields).toEqual([{ field: 'user_agent', parameter: 'user_agent', values: ['Foxy'] }])
  })

  it('keeps a text that many values contain', async () => {
    const { result } = await resolve({ fields: [AGENT] }, numbered(101, ''))
    expect(result?.fields).toEqual([AGENT])
  })

  it('returns undefined where no value matches', async () => {
    expect((await resolve({ fields: [AGENT] }, [])).result).toBeUndefined()
    expect((await resolve({ outcomes: ['failure'] }, [])).result).toBeUndefined()
  })

  it('replaces an outcome by the combinations of values that have it', async () => {
    const rows = [
      ['Login', 'Denied', ''],
      ['Login', 'Success', ''],
      ['Token', 'Success', 'Failure'],
    ]
    const { asked, result } = await resolve({ fields: [USER], outcomes: ['failure'] }, rows)
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

  it('returns undefined where no combination has the outcome', async () => {
    expect((await resolve({ outcomes: ['failure'] }, [['Login', 'Success', '']])).result).toBeUndefined()
  })

  it('lets the database match more combinations than it fetches', async () => {
    const { asked, result } = await resolve({ outcomes: ['failure'] }, ({ query }) =>
      query.includes('WHERE multiIf(') ? [['Login', 'Denied', '']] : numbered(1001, 'Success'),
    )
    expect(asked.map(({ query_params }) => query_params.limit)).toEqual([1001, 101])
    expect(result?.combinations?.values).toEqual([['Login', 'Denied', '']])
  })

  it('keeps an outcome that many combinations have, or that depends on other fields', async () => {
    const common = await resolve({ outcomes: ['failure'] }, numbered(101, 'Denied'))
    expect(common.result).toEqual({ limit: 5, fields: [], outcomes: ['failure'] })
    const stream: Stream = { ...authAudits, outcomes: [{ outcome: 'failure', when: { client_id: ['a'] } }] }
    const configured = await resolve({ outcomes: ['failure'] }, [], stream)
    expect(configured).toEqual({ asked: [], result: common.result })
  })
})
