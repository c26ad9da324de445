import { expect, it } from 'vitest'
import { audits, authAudits } from '../../../schemas/streams/index.js'
import { recordColumns } from './columns.js'
import { recordsOf } from './rows.js'

const records = recordsOf(authAudits)
const ID = '019b76da-a800-7000-8000-0123456789ab'

/** A row as ClickHouse returns it, with empty text for the columns without a value here. */
function row(values: Readonly<Record<string, string>>): string[] {
  return recordColumns(authAudits).map((column) => values[column] ?? '')
}

it('leaves out absent fields, and writes the time to the microsecond', () => {
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

it('keeps text unchanged, also text that looks like a time, a null or a number', () => {
  const values = { user_id: '2026-01-31 14:00:00', event: 'null', session: '0', stage: ' ', issuer: '"\n漢' }
  expect(records([row({ event_id: ID, time: '2026-01-31 14:00:00.123456', ...values })])).toMatchObject([values])
})

it('adds the outcome to records of a stream that has outcomes', () => {
  const rows = ['Success', 'Failure'].map((event) => row({ event_id: ID, time: '2026-01-31 14:00:00.123456', event }))
  expect(records(rows).map(({ outcome }) => outcome)).toEqual(['success', 'failure'])
  const [action] = recordsOf(audits)([recordColumns(audits).map((column) => (column === 'action' ? 'Failure' : ''))])
  expect(action).toEqual({ action: 'Failure' })
})

it('returns no records for no rows', () => {
  expect(records([])).toEqual([])
})

it('parses the text of a list, and leaves out text that is not a list', () => {
  const columns = recordColumns(audits)
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
