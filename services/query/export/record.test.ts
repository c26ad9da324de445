import { expect, it } from 'vitest'
import { audits } from '../../../schemas/streams/index.js'
import { recordChecker } from '../../emitter/record/check.js'
import { begunNotices, begunRecord, type ExportDetails, endedNotices, endedRecord } from './record.js'

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

it('has a record for every other organization that the exported records name, without filters and numbers', () => {
  const organizations = ['org-1', 'org-2', 'org-3']
  const format = { attribute_type: 'export', attribute_id: 'format', attribute_name: 'csv' }
  const common = { user_id: 'ada', org_id: 'org-1', target_id: 'x-1', source_ip: '192.0.2.3' }
  const begun = begunNotices(exported, organizations)
  expect(begun).toMatchObject([
    { ...common, action: 'EXPORT_BEGIN', target_resource_org_id: 'org-2', audit_attributes: [format] },
    { ...common, action: 'EXPORT_BEGIN', target_resource_org_id: 'org-3', audit_attributes: [format] },
  ])
  const outcome = { attribute_type: 'result', attribute_id: 'outcome', attribute_name: 'complete' }
  const ended = endedNotices(exported, organizations, 'complete')
  expect(ended).toMatchObject([
    { ...common, action: 'EXPORT', target_resource_org_id: 'org-2', audit_attributes: [outcome, format] },
    { ...common, action: 'EXPORT', target_resource_org_id: 'org-3', audit_attributes: [outcome, format] },
  ])
  expect(JSON.stringify([begun, ended])).not.toContain('filter')
})

it('has a record for each organization of a token with several, or for all', () => {
  for (const organizations of ['all', ['a', 'b', 'c']] as const) {
    const details = { ...exported, principal: { ...exported.principal, organizations } }
    const notices = begunNotices(details, ['a', 'b'])
    expect(notices.map(({ target_resource_org_id }) => target_resource_org_id)).toEqual(['a', 'b'])
  }
})

it('says that the number of records is not known', () => {
  const record = endedRecord(exported, 'complete', { records: undefined, bytes: 900 })
  expect(record.description).toBe('Exported an unknown number of records (900 bytes) of auth_audits as csv: complete.')
  const records = { attribute_type: 'result', attribute_id: 'records', attribute_name: 'unknown' }
  expect(record.audit_attributes).toContainEqual(records)
})
