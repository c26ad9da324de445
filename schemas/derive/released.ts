import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Stream } from '../streams/index.js'
import type { AvroRecord } from './avro.js'

/**
 * Reads every released Avro schema of a stream from `schemas/avro`, by version. Records of an old version stay
 * readable.
 *
 * @throws if the file of a version is missing
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
