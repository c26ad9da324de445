import { expect, it } from 'vitest'
import { audits, authAudits } from '../../../schemas/streams/index.js'
import { listColumns } from './query.js'
import { recordsOf } from './rows.js'

const records = recordsOf(authAudits)
const ID = '019b76da-a800-7000-8000-0123456789ab'

/** A row as ClickHouse answers it, with empty text for what is not given. */
function row(values: Readonly<Record<string, string>>): string[] {
  return listColumns(authAudits).map((column) => values[column] ?? '')
}

it('leaves out what is absent, and writes the time to the microsecond', () => {
  expect(records([row({ event_id: ID, time: '2026-01-31 14:00:00.000100', user_id: 'u', user_agent: 'a' })])).toEqual([
    { event_id: ID, time: '2026-01-31T14:00:00.000100Z', user_id: 'u', user_agent: 'a', outcome: 'unknown' },
  ])
})

it('puts every field under its own name', () => {
  const values = Object.fromEntries(authAudits.fields.map(({ name }) => [name, `the ${name}`]))
  expect(records([row({ event_id: ID, time: '2026-01-31 14:00:00.123456', ...values })])).toEqual([
    { event_id: ID, time: '2026-01-31T14:00:00.123456Z', ...values, outcome: 'unknown' },
  ])
})

it('keeps text as it is: one that looks like a time, a null or a number too', () => {
  const values = { user_id: '2026-01-31 14:00:00', event: 'null', session: '0', stage: ' ', issuer: '"\n漢' }
  expect(records([row({ event_id: ID, time: '2026-01-31 14:00:00.123456', ...values })])).toMatchObject([values])
})

it('says the outcome that the fields tell, of a stream that has outcomes', () => {
  const rows = ['Success', 'Failure'].map((event) => row({ event_id: ID, time: '2026-01-31 14:00:00.123456', event }))
  expect(records(rows).map(({ outcome }) => outcome)).toEqual(['success', 'failure'])
  const [action] = recordsOf(audits)([listColumns(audits).map((column) => (column === 'action' ? 'Failure' : ''))])
  expect(action).toEqual({ action: 'Failure' })
})

it('makes an empty list of no rows', () => {
  expect(records([])).toEqual([])
})

it('makes a list of a list’s text, and leaves out one that is none', () => {
  const columns = listColumns(audits)
  const rowOf = (audit_attributes: string) =>
    columns.map((column) =>
      column === 'time' ? '2026-01-31 14:00:00.123456' : column === 'audit_attributes' ? audit_attributes : '',
    )
  const texts = ['[{"attribute_id":"1","attribute_type":"role"},{"attribute_name":"n"}]', '', '[]', 'no JSON', '[7]']
  expect(recordsOf(audits)(texts.map(rowOf)).map(({ audit_attributes }) => audit_attributes)).toEqual([
    [{ attribute_id: '1', attribute_type: 'role' }, { attribute_name: 'n' }],
    undefined,
    [],
    undefined,
    undefined,
  ])
})
