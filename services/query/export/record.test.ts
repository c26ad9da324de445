import { expect, it } from 'vitest'
import { audits } from '../../../schemas/streams/index.js'
import { recordChecker } from '../../emitter/record/check.js'
import { begunRecord, type ExportDetails, endedRecord } from './record.js'

const exported: ExportDetails = {
  id: 'x-1',
  stream: 'auth_audits',
  format: 'csv',
  principal: { subject: 'ada', scopes: [], organizations: ['org-1'], tokenId: 't-1' },
  parameters: { user_id: ['1', '2'], dt_from: 'today', format: 'csv' },
  sourceIp: '192.0.2.3',
}
const filters = [
  { attribute_type: 'export', attribute_id: 'format', attribute_name: 'csv' },
  { attribute_type: 'filter', attribute_id: 'user_id', attribute_name: '1' },
  { attribute_type: 'filter', attribute_id: 'user_id', attribute_name: '2' },
  { attribute_type: 'filter', attribute_id: 'dt_from', attribute_name: 'today' },
]

it('records who exports what, and how it ended', () => {
  const common = {
    user_id: 'ada',
    org_id: 'org-1',
    token_id: 't-1',
    api_name: 'gatelog',
    target_resource_type: 'auth_audits',
    target_id: 'x-1',
    trace_id: 'x-1',
    source_ip: '192.0.2.3',
  }
  expect(begunRecord(exported)).toEqual({
    ...common,
    action: 'EXPORT_BEGIN',
    description: 'Begins to export auth_audits as csv.',
    audit_attributes: filters,
  })
  expect(endedRecord(exported, 'abandoned', { records: 7, bytes: 900 })).toEqual({
    ...common,
    action: 'EXPORT',
    description: 'Exported 7 records (900 bytes) of auth_audits as csv: abandoned.',
    audit_attributes: [
      { attribute_type: 'result', attribute_id: 'outcome', attribute_name: 'abandoned' },
      { attribute_type: 'result', attribute_id: 'records', attribute_name: '7' },
      { attribute_type: 'result', attribute_id: 'bytes', attribute_name: '900' },
      ...filters,
    ],
  })
})

it('names no organization when the principal has several, or all', () => {
  for (const organizations of ['all', ['a', 'b']] as const) {
    const { org_id } = begunRecord({ ...exported, principal: { ...exported.principal, organizations } })
    expect(org_id).toBeUndefined()
  }
})

it('fits into a record of the stream, however many filters there are', () => {
  const parameters = { user_id: Array.from({ length: 100 }, (_, index) => `${index}${'"é'.repeat(50)}`) }
  const record = endedRecord({ ...exported, parameters }, 'complete', { records: 10 ** 12, bytes: 10 ** 15 })
  expect(recordChecker(audits)(record)).not.toHaveProperty('faults')
  const last = record.audit_attributes?.at(-1)
  expect(last).toMatchObject({ attribute_id: 'left_out' })
  expect(Number(last?.attribute_name) + Number(record.audit_attributes?.length)).toBe(100 + 1 + 3 + 1)
})
