import avro from 'avsc'
import type { Stream } from '../streams/index.js'
import { type AvroRecord, avroSchema } from './avro.js'
import { queryApi } from './openapi/document.js'

/** Files by their path below `schemas/`, with `/` between the parts. */
export type Files = ReadonlyMap<string, string>

/** The files that derive from the streams' declarations. */
export function artifacts(streams: readonly Stream[]): Files {
  return new Map([
    ...streams.map((stream) => [avroPath(stream.name, stream.version), json(avroSchema(stream))] as const),
    ['openapi/query.json', json(queryApi(streams))] as const,
  ])
}

/**
 * Why the declarations must not be released, given the Avro schemas in `present`. A released version changes only in
 * its documentation, because records of it are stored, and each version must be able to read the earlier ones.
 */
export function faultsOf(streams: readonly Stream[], present: Files): readonly string[] {
  return [
    ...streams.flatMap((stream) => [...changed(stream, present), ...unreadable(stream, present)]),
    ...undeclared(streams, present),
  ]
}

function changed(stream: Stream, present: Files): string[] {
  const path = avroPath(stream.name, stream.version)
  const released = present.get(path)
  if (released === undefined || undocumented(parse(released)) === undocumented(avroSchema(stream))) return []
  return [
    `schemas/${path} is released, and the declaration of ${stream.name} differs from it in more than documentation. Restore the fields, ` +
      `or raise the stream’s version to ${stream.version + 1}. (If version ${stream.version} was never released, delete the file.)`,
  ]
}

function unreadable(stream: Stream, present: Files): string[] {
  const reader = avro.Type.forSchema(avroSchema(stream) as never)
  return versionsUpTo(stream.version - 1).flatMap((version) => {
    const path = avroPath(stream.name, version)
    const older = present.get(path)
    if (older === undefined) return [`schemas/${path} is missing: a released version stays. Restore it.`]
    try {
      reader.createResolver(avro.Type.forSchema(parse(older) as never))
      return []
    } catch {
      return [
        `Version ${stream.version} of ${stream.name} cannot read records of version ${version}: only add fields, at the end.`,
      ]
    }
  })
}

function undeclared(streams: readonly Stream[], present: Files): string[] {
  const declared = new Set(
    streams.flatMap(({ name, version }) => versionsUpTo(version).map((each) => avroPath(name, each))),
  )
  return [...present.keys()]
    .filter((path) => path.startsWith('avro/') && !declared.has(path))
    .map(
      (path) =>
        `schemas/${path} is of no declared stream and version: declare it, or delete the file if it was never released.`,
    )
}

function versionsUpTo(version: number): number[] {
  return Array.from({ length: version }, (_, index) => index + 1)
}

/** A schema without its documentation, for comparison. */
function undocumented(schema: AvroRecord): string {
  return JSON.stringify(schema, (key, value) => (key === 'doc' ? undefined : value))
}

function avroPath(stream: string, version: number): string {
  return `avro/${stream}/${version}.avsc`
}

function parse(text: string): AvroRecord {
  return JSON.parse(text) as AvroRecord
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
