import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { buildExporter, type Exporter } from '../../fixtures/query/exporter.js'
import { buildReader, type Reader, shown } from '../../fixtures/query/reader.js'

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

/** As long as a field may be, of characters that need escapes on the way to the database, in a URL above all. */
const longest = ["'", '\\', '\t', '\n', '%', '+', '&', '…', '😀', '\u0001'].map((character) =>
  character.repeat(Math.floor(8_190 / Buffer.byteLength(character))),
)

it.each(longest.map((value) => [JSON.stringify(value.slice(0, 2)), value]))(
  'the longest filter of %s finds its record, in a list and in an export',
  async (_name, user_id) => {
    await reader.insert([shown({ user_id })])
    expect(await reader.list({ user_id })).toMatchObject([{ user_id }])
    expect(await reader.list({ user_id: [user_id, 'other'] })).toMatchObject([{ user_id }])
    const headers = { authorization: await reader.authorization(undefined, undefined, 'audits:export') }
    const answer = await exporter.app.inject({ url: '/v1/auth_audits/export', query: { user_id }, headers })
    expect(answer.statusCode).toBe(200)
    expect(JSON.parse(answer.body)).toMatchObject({ user_id })
  },
)

it('as many filters as a request may have find their record', async () => {
  const values = Array.from({ length: 100 }, (_, index) => `'${String(index).padStart(3, '0')}'`.repeat(3))
  await reader.insert([shown({ stage: String(values[99]), event: String(values[0]), trace_id: 'many' })])
  expect(await reader.list({ stage: values, event: values, trace_id: ['many', ...values.slice(1)] })).toHaveLength(1)
})
