import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { MigrationError } from './errors.js'

/** One file of `schemas/clickhouse`. */
export interface Migration {
  readonly version: number
  readonly name: string
  readonly checksum: string
  readonly statements: readonly string[]
}

/** The directory of the migrations that ship with this version of Gatelog. */
export const migrationsDirectory = join(
  dirname(createRequire(import.meta.url).resolve('#package')),
  'schemas',
  'clickhouse',
)

/**
 * Reads the migrations in a directory, in order.
 *
 * @throws {MigrationError} `MIGRATION_MISNAMED` when the files are not numbered 0001, 0002, … without a gap
 */
export async function readMigrations(directory: string): Promise<readonly Migration[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.sql')).sort()
  return Promise.all(
    names.map(async (name, index) => {
      const version = index + 1
      if (!name.startsWith(`${String(version).padStart(4, '0')}_`)) {
        throw new MigrationError(
          'MIGRATION_MISNAMED',
          `${name} should be number ${version}: number the files 0001_…, 0002_…, without a gap.`,
        )
      }
      const text = await readFile(join(directory, name), 'utf8')
      return { version, name, checksum: createHash('sha256').update(text).digest('hex'), statements: statements(text) }
    }),
  )
}

/** The statements of a file, without its comments: each ends with `;` at the end of a line. */
export function statements(text: string): readonly string[] {
  return text
    .replace(/^[ \t]*--.*(\n|$)/gm, '')
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
}
