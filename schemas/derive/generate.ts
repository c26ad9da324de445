import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, sep } from 'node:path'
import { parseArgs } from 'node:util'
import { streams } from '../streams/index.js'
import { artifacts, type Files, faultsOf } from './artifacts.js'
import { CHECKSUMS, changedMigrations, migrationChecksums } from './migration_checksums.js'

/**
 * `npm run generate` writes the files that derive from the streams' declarations, and the checksums of new migrations.
 * With `--check` it compares instead, and exits with 1 when a file is missing or differs. Neither changes more of a
 * released Avro schema than its documentation, and neither accepts a change of a released migration.
 */
const SCHEMAS = join(dirname(createRequire(import.meta.url).resolve('#package')), 'schemas')
const FOLDERS = ['avro', 'openapi', 'clickhouse']

async function readPresent(): Promise<Files> {
  const files = await Promise.all(FOLDERS.map((directory) => readTree(directory)))
  return new Map(files.flat())
}

async function readTree(directory: string): Promise<readonly (readonly [path: string, text: string])[]> {
  await mkdir(join(SCHEMAS, directory), { recursive: true })
  const names = await readdir(join(SCHEMAS, directory), { recursive: true })
  const paths = names
    .filter((name) => /(\.(avsc|json|sql)|SHA256SUMS)$/.test(name))
    .map((name) => join(directory, name))
  return Promise.all(
    paths.map(async (path) => [path.split(sep).join('/'), await readFile(join(SCHEMAS, path), 'utf8')] as const),
  )
}

async function write(files: Files): Promise<void> {
  for (const [path, text] of files) {
    await mkdir(dirname(join(SCHEMAS, path)), { recursive: true })
    await writeFile(join(SCHEMAS, path), text)
  }
}

async function main(check: boolean): Promise<readonly string[]> {
  const present = await readPresent()
  const faults = [...faultsOf(streams, present), ...changedMigrations(present)]
  if (faults.length > 0) return faults
  const wanted = new Map([...artifacts(streams), [CHECKSUMS, migrationChecksums(present)]])
  const stale = [...wanted].filter(([path, text]) => present.get(path) !== text)
  if (check) return stale.map(([path]) => `schemas/${path} is out of date: run npm run generate.`)
  await write(new Map(stale))
  process.stdout.write(stale.map(([path]) => `wrote schemas/${path}\n`).join(''))
  return []
}

try {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } })
  const faults = await main(values.check)
  for (const fault of faults) process.stderr.write(`${fault}\n`)
  process.exitCode = faults.length > 0 ? 1 : 0
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}
