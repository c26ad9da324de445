import type { Schema } from 'avsc'
import { type AvroRecord, avroSchema } from '../../../schemas/derive/avro.js'
import { fingerprint } from '../../../schemas/derive/fingerprint.js'
import type { Stream } from '../../../schemas/streams/index.js'
import { type Fault, plainFault } from './reasons.js'
import { type Resolve, resolver, sameForm } from './resolve.js'
import type { Source } from './source.js'

/** Every released schema of a stream, by version. The newest may be among them; it is derived from the declaration. */
export type ReleasedSchemas = ReadonlyMap<number, AvroRecord>

/** A schema registry as far as it is known: its schema of an id, null where it has none, undefined where it has not been asked. */
export type Registry = (id: number) => Schema | null | undefined

/** Stands for the writer of the stream's newest schema, whose data are walked as they are. */
export const NEWEST = 'newest'

/** How data of a schema are read: as they are, by resolving them first, or not at all. */
export type Writer = typeof NEWEST | Resolve | Fault

/** Thrown when a record's schema has not been fetched from the registry: see `Transcoder.unknownSchemas`. */
export class SchemaNotFetchedError extends Error {
  override readonly name = 'SchemaNotFetchedError'
  readonly code = 'INGEST_SCHEMA_NOT_FETCHED'
  readonly retriable = true

  constructor(readonly id: number) {
    super(
      `Schema ${id} has not been fetched from the registry: fetch what unknownSchemas() lists before transcoding a range.`,
    )
  }
}

const UNKNOWN_FINGERPRINT = plainFault('unknown_fingerprint')
const NO_REGISTRY = plainFault('no_registry')
const UNKNOWN_SCHEMA_ID = plainFault('unknown_schema_id')
const UNREADABLE_SCHEMA = plainFault('unreadable_schema')

/** A released schema's writer, under its fingerprint in two halves. */
interface Released {
  readonly low: number
  readonly high: number
  readonly writer: Writer
}

/** Knows how the data of every schema are read that a stream's records may name. */
export class Writers {
  readonly #newest: Schema
  readonly #released: readonly Released[]
  readonly #registry: Registry | undefined
  readonly #byId = new Map<number, Writer>()

  /** @throws {Error} when a released schema cannot be read as the newest: a release must stay readable for ever */
  constructor(stream: Stream, schemas: ReleasedSchemas, registry?: Registry) {
    const newest = avroSchema(stream)
    this.#newest = newest as Schema
    this.#registry = registry
    // The newest comes first: nearly all records are of it.
    this.#released = [
      released(newest, NEWEST),
      ...[...schemas].flatMap(([version, schema]) => {
        if (sameForm(schema as Schema, newest as Schema)) return []
        const resolve = resolver(newest as Schema, schema as Schema)
        if (resolve === undefined || version === stream.version) throw new Error(unfit(stream, version))
        return [released(schema, resolve)]
      }),
    ]
  }

  /** The writer whose schema's fingerprint stands at `at`. */
  byFingerprint({ view }: Source, at: number): Writer {
    const low = view.getInt32(at, true)
    const high = view.getInt32(at + 4, true)
    for (const released of this.#released) {
      if (released.low === low && released.high === high) return released.writer
    }
    return UNKNOWN_FINGERPRINT
  }

  /**
   * The writer whose schema is the registry's `id`.
   *
   * @throws {SchemaNotFetchedError} when the registry has not been asked for it
   */
  byId(id: number): Writer {
    if (this.#registry === undefined) return NO_REGISTRY
    const known = this.#byId.get(id)
    if (known !== undefined) return known
    const schema = this.#registry(id)
    if (schema === undefined) throw new SchemaNotFetchedError(id)
    // Not kept: the schema may be registered yet, and this record be replayed from its dead letter.
    if (schema === null) return UNKNOWN_SCHEMA_ID
    const writer = sameForm(schema, this.#newest) ? NEWEST : (resolver(this.#newest, schema) ?? UNREADABLE_SCHEMA)
    this.#byId.set(id, writer)
    return writer
  }

  /** Whether `byId` would throw. */
  isUnknown(id: number): boolean {
    return this.#registry !== undefined && !this.#byId.has(id) && this.#registry(id) === undefined
  }
}

function released(schema: AvroRecord, writer: Writer): Released {
  const bytes = fingerprint(schema)
  return { low: bytes.readInt32LE(0), high: bytes.readInt32LE(4), writer }
}

function unfit(stream: Stream, version: number): string {
  return version === stream.version
    ? `The declaration of ${stream.name} differs from its released version ${version}: release a new version, or run generate.`
    : `Version ${version} of ${stream.name} cannot be read as version ${stream.version}: a field that is added must have a default.`
}
