import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { migrationsDirectory, readMigrations, statements } from './files.js'

describe('statements', () => {
  it('end with a semicolon at the end of a line; comments are removed', () => {
    const text =
      "-- one; two\nCREATE TABLE a\n(\n  -- inside;\n  x String DEFAULT ';'\n);\n\nALTER TABLE a ADD COLUMN y String;\n-- end\n"
    expect(statements(text)).toEqual([
      "CREATE TABLE a\n(\n  x String DEFAULT ';'\n)",
      'ALTER TABLE a ADD COLUMN y String',
    ])
  })
})

describe('readMigrations', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gatelog-migrations-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  it('reads the files in order, with checksums', async () => {
    await writeFile(join(directory, '0002_b.sql'), 'SELECT 2;')
    await writeFile(join(directory, '0001_a.sql'), 'SELECT 1;')
    await writeFile(join(directory, 'README.md'), 'not one')
    const [first, second] = await readMigrations(directory)
    expect(first).toMatchObject({ version: 1, name: '0001_a.sql', statements: ['SELECT 1'] })
    expect(second).toMatchObject({ version: 2, name: '0002_b.sql' })
    expect(first?.checksum).toMatch(/^[0-9a-f]{64}$/)
    expect(first?.checksum).not.toBe(second?.checksum)
  })

  it.each([['0002_only.sql'], ['1_a.sql'], ['0001_a.sql', '0003_c.sql'], ['0001_a.sql', '0001_b.sql']])(
    'rejects %s',
    async (...names) => {
      for (const name of names) await writeFile(join(directory, name), 'SELECT 1;')
      await expect(readMigrations(directory)).rejects.toMatchObject({ code: 'MIGRATION_MISNAMED' })
    },
  )

  it('reads the shipped migrations, whose statements can all run again', async () => {
    const migrations = await readMigrations(migrationsDirectory)
    expect(migrations.length).toBeGreaterThan(0)
    for (const { name, statements } of migrations) {
      for (const statement of statements)
        expect(statement, name).toMatch(/\bIF (NOT )?EXISTS\b|\bMODIFY\b|\bMATERIALIZE\b|^CREATE OR REPLACE\b/)
    }
  })
})
