import type { Schema } from 'avsc'
import { type AvroRecord, avroSchema } from '../../../../schemas/derive/avro.js'
import { fingerprint } from '../../../../schemas/derive/fingerprint.js'
import type { Stream } from '../../../../schemas/streams/index.js'
import { type Resolve, resolver } from '../avro/resolve.js'
import type { Source } from '../avro/source.js'
import { type Fault, plainFault, type Reason } from '../reasons.js'
import { type Layout, layoutOf } from './layout.js'

/** Every released schema of a stream, by version. The newest may be among them; it is derived from the declaration. */
export type ReleasedSchemas = ReadonlyMap<number, AvroRecord>

/** A schema registry as far as it is known: its schema of an id, null where it has none, undefined where it has not been asked. */
export type Registry = (id: number) => Schema | null | undefined

/** How data of a schema are read: walked as they lie, resolved to the newest schema and then walked, or not at all. */
export type Writer =
  | { readonly kind: 'walk'; readonly layout: Layout }
  | { readonly kind: 'resolve'; readonly resolve: Resolve; readonly layout: Layout }
  | { readonly kind: 'poison'; readonly fault: Fault }

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

const UNKNOWN_FINGERPRINT = poison('unknown_fingerprint')
const NO_REGISTRY = poison('no_registry')
const UNKNOWN_SCHEMA_ID = poison('unknown_schema_id')
const UNREADABLE_SCHEMA = poison('unreadable_schema')

function poison(reason: Reason): Writer {
  return { kind: 'poison', fault: plainFault(reason) }
}

/** The writer of a released schema, under the schema's fingerprint in two halves. */
interface Released {
  readonly low: number
  readonly high: number
  readonly writer: Writer
}

/** Knows how the data of every schema are read that a stream's records may name. */
export class Writers {
  readonly #stream: Stream
  readonly #released: readonly Released[]
  readonly #registry: Registry | undefined
  readonly #byId = new Map<number, Writer>()

  /** @throws {Error} when a release does not fit the declaration: what was released stays readable for ever */
  constructor(stream: Stream, schemas: ReleasedSchemas, registry?: Registry) {
    this.#stream = stream
    this.#registry = registry
    const newest = avroSchema(stream)
    const declared = schemas.get(stream.version)
    if (declared !== undefined && !fingerprint(declared).equals(fingerprint(newest))) {
      throw new Error(
        `The declaration of ${stream.name} differs from its released version ${stream.version}: make it a new version, and run generate.`,
      )
    }
    // The newest comes first: nearly all records are of it.
    const all = new Map([[stream.version, newest], ...schemas])
    this.#released = [...all].map(([version, schema]) => {
      const writer = this.#writer(schema as Schema)
      if (writer.kind === 'poison') {
        throw new Error(
          `Version ${version} of ${stream.name} cannot be read as version ${stream.version}: a field may be added, none changed.`,
        )
      }
      const bytes = fingerprint(schema)
      return { low: bytes.readInt32LE(0), high: bytes.readInt32LE(4), writer }
    })
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
    const writer = this.#writer(schema)
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
