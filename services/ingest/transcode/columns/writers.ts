import type { Schema } from 'avsc'
import { type AvroRecord, avroSchema } from '../../../../schemas/derive/avro.js'
import { fingerprint } from '../../../../schemas/derive/fingerprint.js'
import type { Stream } from '../../../../schemas/streams/index.js'
import { type Resolve, resolver } from '../avro/resolve.js'
import type { Source } from '../avro/source.js'
import { type Fault, plainFault, type Reason } from '../reasons.js'
import { type Layout, layoutOf } from './layout.js'

/** The released schemas of a stream by version. The newest, derived from the declaration, may be missing. */
export type ReleasedSchemas = ReadonlyMap<number, AvroRecord>

/** What is known of a schema registry: the schema of an id, null if it has none, undefined if it was not asked yet. */
export type Registry = (id: number) => Schema | typeof NOT_AVRO | null | undefined

/** A schema of a registry in another language than Avro, such as Protocol Buffers or JSON Schema. */
export const NOT_AVRO = Symbol('not Avro')

/** How data of a schema are read: walked directly, resolved to the newest schema and then walked, or not at all. */
export type Writer =
  | { readonly kind: 'walk'; readonly layout: Layout }
  | { readonly kind: 'resolve'; readonly resolve: Resolve; readonly layout: Layout }
  | { readonly kind: 'poison'; readonly fault: Fault }

/** Thrown when a record's schema was not fetched from the registry yet: see `Transcoder.unknownSchemas`. */
export class SchemaNotFetchedError extends Error {
  override readonly name = 'SchemaNotFetchedError'
  readonly code = 'INGEST_SCHEMA_NOT_FETCHED'
  readonly retriable = true

  constructor(readonly id: number) {
    super(
      `Schema ${id} was not fetched from the registry: fetch what unknownSchemas() lists before you transcode a range.`,
    )
  }
}

const UNKNOWN_FINGERPRINT = poison('unknown_fingerprint')
const NO_REGISTRY = poison('no_registry')
const UNKNOWN_SCHEMA_ID = poison('unknown_schema_id')
const SCHEMA_NOT_AVRO = poison('schema_not_avro')
const UNREADABLE_SCHEMA = poison('unreadable_schema')

function poison(reason: Reason): Writer {
  return { kind: 'poison', fault: plainFault(reason) }
}

/** The writer of a released schema, and the two halves of its fingerprint. */
interface Released {
  readonly low: number
  readonly high: number
  readonly writer: Writer
}

/** Finds the writer for every schema that the records of a stream may name. */
export class Writers {
  readonly #stream: Stream
  readonly #released: readonly Released[]
  readonly #registry: Registry | undefined
  readonly #byId = new Map<number, Writer>()

  /** @throws {Error} when a release doesn't match the declaration: released schemas stay readable forever */
  constructor(stream: Stream, schemas: ReleasedSchemas, registry?: Registry) {
    this.#stream = stream
    this.#registry = registry
    const newest = avroSchema(stream)
    const declared = schemas.get(stream.version)
    if (declared !== undefined && !fingerprint(declared).equals(fingerprint(newest))) {
      throw new Error(
        `${stream.name} differs from its released version ${stream.version}: add a version, and run generate.`,
      )
    }
    // The newest comes first, since nearly all records have it.
    const all = new Map([[stream.version, newest], ...schemas])
    this.#released = [...all].map(([version, schema]) => {
      const writer = this.#writer(schema as Schema)
      if (writer.kind === 'poison') {
        throw new Error(
          `Version ${version} of ${stream.name} can't be read as version ${stream.version}: only add fields.`,
        )
      }
      const bytes = fingerprint(schema)
      return { low: bytes.readInt32LE(0), high: bytes.readInt32LE(4), writer }
    })
  }

  /** The writer for the schema whose fingerprint is at position `at`. */
  byFingerprint({ view }: Source, at: number): Writer {
    const low = view.getInt32(at, true)
    const high = view.getInt32(at + 4, true)
    for (const released of this.#released) {
      if (released.low === low && released.high === high) return released.writer
    }
    return UNKNOWN_FINGERPRINT
  }

  /**
   * The writer for the registry's schema `id`.
   *
   * @throws {SchemaNotFetchedError} when the schema was not fetched yet
   */
  byId(id: number): Writer {
    if (this.#registry === undefined) return NO_REGISTRY
    const known = this.#byId.get(id)
    if (known !== undefined) return known
    const schema = this.#registry(id)
    if (schema === undefined) throw new SchemaNotFetchedError(id)
    // Not cached: somebody may register the schema later and replay the dead letter.
    if (schema === null) return UNKNOWN_SCHEMA_ID
    const writer = schema === NOT_AVRO ? SCHEMA_NOT_AVRO : this.#writer(schema)
    this.#byId.set(id, writer)
    return writer
  }

  /** Whether `byId` would throw. */
  isUnknown(id: number): boolean {
    return this.#registry !== undefined && !this.#byId.has(id) && this.#registry(id) === undefined
  }

  #writer(schema: Schema): Writer {
    const layout = layoutOf(this.#stream, schema)
    if (layout !== undefined) return { kind: 'walk', layout }
    const newest = avroSchema(this.#stream) as Schema
    const newestLayout = layoutOf(this.#stream, newest)
    const resolve = resolver(newest, schema)
    if (newestLayout === undefined || resolve === undefined) return UNREADABLE_SCHEMA
    return { kind: 'resolve', resolve, layout: newestLayout }
  }
}
