import { describe, expect, it } from 'vitest'
import { CHECKSUMS, changedMigrations, migrationChecksums } from './migration_checksums.js'

const [first, second] = [
  ['clickhouse/0001_a.sql', 'SELECT 1;'],
  ['clickhouse/0002_b.sql', 'SELECT 2;'],
] as const
const released = [CHECKSUMS, migrationChecksums(new Map([first]))] as const

it('lists the migrations in order, in the format of sha256sum', () => {
  const lines = migrationChecksums(new Map([second, first, ['clickhouse/README.md', 'No migration.']])).split('\n')
  expect(lines).toEqual([
    expect.stringMatching(/^[0-9a-f]{64} {2}0001_a\.sql$/),
    expect.stringMatching(/^[0-9a-f]{64} {2}0002_b\.sql$/),
    '',
  ])
})

describe('a released migration', () => {
  it('may have further migrations after it', () => {
    expect(changedMigrations(new Map([released, first, second]))).toEqual([])
  })

  it('never changes', () => {
    const faults = changedMigrations(new Map([released, ['clickhouse/0001_a.sql', 'SELECT 3;']]))
    expect(faults).toEqual([expect.stringMatching(/^schemas\/clickhouse\/0001_a\.sql is released and was changed\./)])
  })

  it('stays', () => {
    expect(changedMigrations(new Map([released]))).toEqual([
      'schemas/clickhouse/0001_a.sql is missing: a released migration stays. Restore it.',
    ])
  })
})
