import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Stream } from '../streams/index.js'
import type { AvroRecord } from './avro.js'

/**
 * Every released Avro schema of a stream, by version, as committed in `schemas/avro`. Records written with an old one stay readable.
 *
 * @throws when a version's file is missing
 */
export function readReleasedSchemas({ name, version }: Stream): ReadonlyMap<number, AvroRecord> {
  const directory = join(dirname(createRequire(import.meta.url).resolve('#package')), 'schemas', 'avro', name)
  return new Map(
    Array.from({ length: version }, (_, index) => {
      const text = readFileSync(join(directory, `${index + 1}.avsc`), 'utf8')
      return [index + 1, JSON.parse(text) as AvroRecord]
    }),
  )
}
