import { describe, expect, it } from 'vitest'
import type { Stream } from '../streams/index.js'
import { artifacts, faultsOf } from './artifacts.js'

const first: Stream = {
  name: 'animals',
  record: 'Animal',
  version: 1,
  doc: 'Animals seen.',
  key: [],
  organizations: [],
  fields: [{ name: 'kind', doc: 'What.', cardinality: 'high' }],
}
const second: Stream = {
  ...first,
  version: 2,
  fields: [...first.fields, { name: 'note', doc: 'Remarks.', cardinality: 'high' }],
}
const released = artifacts([first])

it('generates the Avro schema of each stream’s newest version, and one OpenAPI document', () => {
  expect([...artifacts([second]).keys()]).toEqual(['avro/animals/2.avsc', 'openapi/query.json'])
  const schema = JSON.parse(artifacts([second]).get('avro/animals/2.avsc') ?? '')
  expect(schema).toMatchObject({ type: 'record', name: 'Animal', namespace: 'gatelog' })
  expect(schema.fields.map(({ name }: { name: string }) => name)).toEqual(['event_id', 'time', 'kind', 'note'])
})

describe('allows', () => {
  it('a first release, the same release again, and new documentation', () => {
    const documented: Stream = { ...first, fields: [{ name: 'kind', doc: 'Species.', cardinality: 'low' }] }
    expect(faultsOf([first], new Map())).toEqual([])
    expect(faultsOf([first], released)).toEqual([])
    expect(faultsOf([documented], released)).toEqual([])
    expect(artifacts([documented]).get('avro/animals/1.avsc')).not.toBe(released.get('avro/animals/1.avsc'))
  })

  it('a second version that adds a field', () => {
    expect(faultsOf([second], released)).toEqual([])
  })
})

describe('rejects', () => {
  it('a released version with other fields', () => {
    const faults = faultsOf([{ ...second, version: 1 }], released)
    expect(faults).toHaveLength(1)
    expect(faults[0]).toMatch(/^schemas\/avro\/animals\/1\.avsc is released, and .* raise the stream’s version to 2\./)
  })

  it('a released version with the fields in another order', () => {
    const both = artifacts([{ ...second, version: 1 }])
    const swapped = { ...second, version: 1, fields: second.fields.toReversed() }
    expect(faultsOf([swapped], both)).toHaveLength(1)
  })

  it('a version that cannot read the one before', () => {
    const renamed = { ...second, record: 'Beast' }
    expect(faultsOf([renamed], released)).toEqual([
      'Version 2 of animals cannot read records of version 1: only add fields, at the end.',
    ])
  })

  it('a missing released version', () => {
    expect(faultsOf([second], artifacts([second]))).toEqual([
      'schemas/avro/animals/1.avsc is missing: a released version stays. Restore it.',
    ])
  })

  it('a version, or a stream, that is no longer declared', () => {
    const both = new Map([...released, ...artifacts([second])])
    expect(faultsOf([first], both)).toEqual([
      expect.stringMatching(/^schemas\/avro\/animals\/2\.avsc is of no declared stream/),
    ])
    expect(faultsOf([], released)).toEqual([
      expect.stringMatching(/^schemas\/avro\/animals\/1\.avsc is of no declared stream/),
    ])
  })
})
