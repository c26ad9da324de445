import { createHash } from 'node:crypto'
import type { Files } from './artifacts.js'

/** The path below `schemas/` of the released migrations' checksums, in the format of `sha256sum`. */
export const CHECKSUMS = 'clickhouse/SHA256SUMS'

/** The checksums of all migration files that `present` holds. */
export function migrationChecksums(present: Files): string {
  return [...migrations(present)].map(([name, text]) => `${sha256(text)}  ${name}\n`).join('')
}

/**
 * Why the migration files must not be released as they are: a released file never changes, because databases have
 * applied it.
 */
export function changedMigrations(present: Files): readonly string[] {
  const files = new Map(migrations(present))
  return (present.get(CHECKSUMS) ?? '').split('\n').flatMap((line) => {
    const [checksum, name] = line.split('  ')
    if (checksum === undefined || name === undefined) return []
    const text = files.get(name)
    if (text === undefined) return [`schemas/clickhouse/${name} is missing: a released migration stays. Restore it.`]
    if (sha256(text) === checksum) return []
    return [
      `schemas/clickhouse/${name} is released and was changed. Restore it, and put the change into a new migration. ` +
        `(If it was never released, delete its line from schemas/${CHECKSUMS}.)`,
    ]
  })
}

function migrations(present: Files): readonly (readonly [name: string, text: string])[] {
  return [...present]
    .filter(([path]) => path.startsWith('clickhouse/') && path.endsWith('.sql'))
    .map(([path, text]) => [path.slice('clickhouse/'.length), text] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
