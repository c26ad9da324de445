import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { authAudits } from '../../../schemas/streams/index.js'
import { buildExporter, type Exporter } from '../../fixtures/query/exporter.js'
import { buildReader, day, type Reader, type Shown, shown } from '../../fixtures/query/reader.js'

let reader: Reader
let exporter: Exporter

beforeAll(async () => {
  reader = await buildReader(inject('servers'))
  exporter = await buildExporter(reader)
})

afterAll(async () => {
  await exporter.app.close()
  await reader.close()
})

function lines(text: string): Shown[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}

/** A record as exports have it: what is absent is empty. */
function whole(record: Shown): Shown {
  const empty = Object.fromEntries(authAudits.fields.map(({ name }) => [name, '']))
  return { ...empty, ...record }
}

describe('JSON lines', () => {
  it('are the records of the list, oldest first, across hours, days and organizations', async () => {
    const moments = [0, 3, 1, 2].flatMap((ago) =>
      ['23:59:59.999999', '00:00:00.000000', '12:30:00.000001', '12:30:00.000000'].map(
        (time) => `${day(3 + ago)}T${time}Z`,
      ),
    )
    const records = moments.map((time, index) =>
      shown({ trace_id: 'lines', time, org_id: `o${index % 3}`, user_id: `/${index}` }),
    )
    await reader.insert(records)
    await reader.insert(records.slice(0, 5))
    const found = lines(await exporter.text({ trace_id: 'lines' }))
    expect(found).toEqual(records.map(whole).toSorted((a, b) => String(a.time).localeCompare(String(b.time))))
    expect(found.map(({ event_id }) => event_id)).toEqual(
      (await reader.list({ trace_id: 'lines', page_sort: 'asc' })).map(({ event_id }) => event_id),
    )
  })

  it('hold the records that match the filters and the caller’s organizations, and no others', async () => {
    const [mine, theirs, other] = ['a', 'b', 'c'].map((org_id) =>
      shown({ trace_id: 'own', org_id, event: 'Failure' }),
    ) as [Shown, Shown, Shown]
    const shared = shown({ trace_id: 'own', org_id: 'c', login_org_id: 'a', event: 'Success' })
    await reader.insert([mine, theirs, other, shared])
    const ids = async (asked: Record<string, string>, organizations: string[]) =>
      new Set(
        lines(await exporter.text({ trace_id: 'own', ...asked }, { organizations })).map(({ event_id }) => event_id),
      )
    expect(await ids({}, ['a'])).toEqual(new Set([mine.event_id, shared.event_id]))
    expect(await ids({ outcome: 'failure' }, ['a'])).toEqual(new Set([mine.event_id]))
    expect(await ids({ org_id: 'c' }, ['a', 'b'])).toEqual(new Set([shared.event_id]))
    expect(await ids({}, ['nobody'])).toEqual(new Set())
    expect(await ids({ event_id: String(other.event_id) }, ['*'])).toEqual(new Set([other.event_id]))
  })

  it('continue after a record, also among equal times', async () => {
    await reader.insert(Array.from({ length: 20 }, () => shown({ trace_id: 'on' })))
    const all = lines(await exporter.text({ trace_id: 'on' }))
    const { time = '', event_id = '' } = all[6] as Shown
    expect(lines(await exporter.text({ trace_id: 'on', page_at_key: [time, event_id] }))).toEqual(all.slice(7))
  })

  it('hold a list as a list', async () => {
    const values = { event_id: randomUUID(), time: `${day(3)} 12:00:00`, action: 'CREATE' }
    const audit_attributes = [{ attribute_id: '1', attribute_name: 'a"b' }]
    await reader.client('ingest').insert({
      table: 'audits',
      values: [{ ...values, audit_attributes: JSON.stringify(audit_attributes) }],
      format: 'JSONEachRow',
    })
    const [found] = lines(await exporter.text({ action: 'CREATE' }, { stream: 'audits' }))
    expect(found).toMatchObject({ event_id: values.event_id, audit_attributes, user_id: '' })
    expect(found).not.toHaveProperty('outcome')
  })
})

describe('CSV', () => {
  const texts = ['=1+1', '+1', '-1', '@a', '\ta', '\ra', '\na', '＝1', '1=1', "'a", 'a"b,c', 'a\nb', ' =1', '']

  it('has a header line, and no value that a spreadsheet would run as a formula', async () => {
    await reader.insert(
      texts.map((user_id, index) => shown({ trace_id: 'csv', user_id, client_id: `${10 + index}`, event: '=x' })),
    )
    const response = await exporter.ask({ trace_id: 'csv', format: 'csv' })
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present')
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="auth_audits.csv"')
    const [names, ...rows] = parseCsv(await response.text())
    expect(names).toEqual(['event_id', 'time', ...authAudits.fields.map(({ name }) => name), 'outcome'])
    const column = (name: string) => (names as string[]).indexOf(name)
    const found = new Map(rows.map((row) => [Number(row[column('client_id')]) - 10, row[column('user_id')]]))
    expect(texts.map((_, index) => found.get(index))).toEqual([
      ...["'=1+1", "'+1", "'-1", "'@a", "'\ta", "'\ra", "'\na", "'＝1"],
      ...['1=1', "'a", 'a"b,c', 'a\nb', ' =1', ''],
    ])
    expect(rows[0]?.[column('time')]).toBe(`${day(3)}T12:00:00.000000Z`)
    expect(rows[0]?.[column('event')]).toBe("'=x")
    expect(await exporter.recorded(1)).toMatchObject({ action: expect.stringMatching('EXPORT') })
  })

  it('is filtered by the original value, not by the escaped one', async () => {
    expect(parseCsv(await exporter.text({ trace_id: 'csv', user_id: '=1+1', format: 'csv' }))).toHaveLength(2)
    expect(parseCsv(await exporter.text({ trace_id: 'csv', user_id: "'=1+1", format: 'csv' }))).toHaveLength(1)
  })
})

it('a Parquet file can be stored again as it is', async () => {
  const fields = Object.fromEntries(authAudits.fields.map(({ name }) => [name, `=${name}`]))
  const records = [
    shown({ ...fields, trace_id: 'parquet' }),
    shown({ trace_id: 'parquet', time: `${day(2)}T01:02:03.000004Z` }),
  ]
  await reader.insert(records)
  const response = await exporter.ask({ trace_id: 'parquet' }, { accept: 'application/vnd.apache.parquet' })
  expect(response.headers.get('content-type')).toBe('application/vnd.apache.parquet')
  const other = await buildReader(inject('servers'))
  const { url, users } = inject('servers').clickhouse
  const columns = Object.keys(whole(records[0] as Shown)).filter((name) => name !== 'outcome')
  const insert = `INSERT INTO auth_audits (${columns.join(', ')}) FORMAT Parquet`
  const stored = await fetch(`${url}/?${new URLSearchParams({ database: other.database, query: insert })}`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${users.ingest.name}:${users.ingest.password}`)}` },
    body: await response.arrayBuffer(),
  })
  expect(await stored.text()).toBe('')
  expect(await other.list({ trace_id: 'parquet', page_sort: 'asc' })).toEqual(
    records.toSorted((a, b) => String(a.time).localeCompare(String(b.time))),
  )
  await other.close()
})

it('requires the scope audits:export, a known format, and known parameters', async () => {
  const problem = async (...asked: Parameters<Exporter['ask']>) => {
    const { status, error_code } = (await (await exporter.ask(...asked)).json()) as {
      status: number
      error_code: string
    }
    return [status, error_code]
  }
  expect(await problem({}, { scope: 'audits:read' })).toEqual([403, 'INSUFFICIENT_SCOPE'])
  expect(await problem({ format: 'xml' })).toEqual([400, 'INVALID_PARAMETER'])
  expect(await problem({ format: 'ocsf' }, { stream: 'audits' })).toEqual([400, 'INVALID_PARAMETER'])
  expect(await problem({ limit: '1' })).toEqual([400, 'INVALID_PARAMETER'])
  expect(await problem({}, { accept: 'image/png, text/csv;q=0' })).toEqual([406, 'NOT_ACCEPTABLE'])
  const off = await reader.app.inject({
    url: '/v1/auth_audits/export',
    headers: { authorization: await reader.authorization(['*'], undefined, 'audits:export') },
  })
  expect(off.json()).toMatchObject({ status: 503, error_code: 'EXPORTS_OFF' })
  expect((await exporter.app.inject({ method: 'HEAD', url: '/v1/auth_audits/export' })).statusCode).toBe(405)
})

function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]]
  for (const [, quoted, plain = '', end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|$)/g)) {
    if (quoted === undefined && plain === '' && end === '') break
    rows.at(-1)?.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    if (end === '\n') rows.push([])
  }
  return rows.filter((row) => row.length > 0)
}
