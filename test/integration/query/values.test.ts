import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { type Asked, buildReader, day, type Reader, shown } from '../../fixtures/query/reader.js'

let reader: Reader

const names = Array.from({ length: 250 }, (_, index) => `${index % 2 === 0 ? 'Mail' : 'chat'}-${1_000 + index}`)

beforeAll(async () => {
  reader = await buildReader(inject('servers'))
  const records = names.flatMap((application_name, index) => [
    shown({ application_name, org_id: `o${index % 5}`, upstream_idp: 'google', time: `${day(1)}T10:00:00.000000Z` }),
    shown({ stage: 'Login', org_id: 'o1' }),
  ])
  await reader.insert([...records, ...records.slice(0, 10)])
  await reader.insert([
    shown({ stage: 'Long ago', org_id: 'o1', time: `${day(20)}T10:00:00.000000Z` }),
    shown({ stage: '漢字', org_id: 'o2', event: 'Denied' }),
  ])
})

afterAll(() => reader.close())

async function ask(asked: Asked, organizations?: readonly string[], stream = 'auth_audits') {
  const response = await reader.ask(asked, organizations, reader.app, `/v1/${stream}/values`)
  return { status: response.statusCode, ...response.json() }
}

describe('values', () => {
  it('are the distinct ones of the last week, in order, without absent ones', async () => {
    const { status, field, values, more } = await ask({ field: 'stage' })
    expect({ status, field, values, more }).toEqual({
      status: 200,
      field: 'stage',
      values: ['Login', '漢字'],
      more: false,
    })
  })

  it('are those of the records that match', async () => {
    expect((await ask({ field: 'stage', dt_from: day(30) })).values).toEqual(['Login', 'Long ago', '漢字'])
    expect((await ask({ field: 'stage', event: 'Denied' })).values).toEqual(['漢字'])
    expect((await ask({ field: 'stage', not_event: 'Denied' })).values).toEqual(['Login'])
    expect((await ask({ field: 'org_id', dt_from: day(1), dt_to: day(1) })).values).toEqual([])
  })

  it('are those of the records that the caller may read', async () => {
    expect((await ask({ field: 'stage', dt_from: day(30) }, ['o2'])).values).toEqual(['漢字'])
    expect((await ask({ field: 'org_id' }, ['o2', 'o3'])).values).toEqual(['o2', 'o3'])
    expect((await ask({ field: 'stage' }, ['nobody'])).values).toEqual([])
  })

  it('are the first of many, and more is said', async () => {
    const sorted = names.toSorted()
    expect(await ask({ field: 'application_name' })).toMatchObject({ values: sorted.slice(0, 100), more: true })
    expect(await ask({ field: 'application_name', limit: '249' })).toMatchObject({ more: true })
    expect(await ask({ field: 'application_name', limit: '250' })).toMatchObject({ values: sorted, more: false })
  })

  it('may begin with a text in any case', async () => {
    const mails = names.filter((name) => name.startsWith('Mail-11')).toSorted()
    expect((await ask({ field: 'application_name', starts_with: 'mAIL-11' })).values).toEqual(mails)
    expect((await ask({ field: 'application_name', starts_with: "' OR 1=1 --" })).values).toEqual([])
  })

  it('are those of another stream too', async () => {
    expect(await ask({ field: 'action' }, ['*'], 'audits')).toMatchObject({ status: 200, values: [], more: false })
  })

  it.each<[Asked, string]>([
    [{}, 'field: is missing.'],
    [{ field: 'user_id' }, 'field: "user_id" is not a field with few values. They are org_id, org_name, event,'],
    [{ field: 'stge' }, 'field: "stge" is not a field with few values. Did you mean stage?'],
    [{ field: ['stage', 'event'] }, 'field: may be given only once.'],
    [{ field: 'stage', limit: '1001' }, 'limit: must be a whole number from 1 to 1000.'],
    [{ field: 'stage', by: 'stage' }, 'by: is not a parameter of auth_audits.'],
  ])('%j is refused: %s', async (asked, detail) => {
    const answer = await ask(asked)
    expect(answer.status).toBe(400)
    expect(answer.detail).toContain(detail)
  })
})
