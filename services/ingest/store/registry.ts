import type { Schema } from 'avsc'
import type { RegistryClient } from '../../emitter/registry/client.js'
import { RegistryError } from '../../emitter/registry/registry_error.js'
import { NOT_AVRO } from '../transcode/index.js'

/** Maximum number of concurrent requests to the registry. */
const CONCURRENCY = 16
/**
 * How long a missing id is remembered, in milliseconds. A schema may be registered late, but garbage may name many
 * thousand ids.
 */
const DENIAL_MS = 60_000
/** The registry's own code for a schema that it doesn't have. A 404 without it comes from something else. */
const SCHEMA_NOT_FOUND = 40403

/** The schemas that were fetched from a Confluent schema registry. An id never changes its schema. */
export class SchemaRegistry {
  readonly #schemas = new Map<number, Schema | typeof NOT_AVRO>()
  /** Ids that the registry doesn't have, and when it said so. */
  readonly #denied = new Map<number, number>()

  constructor(
    readonly client: RegistryClient,
    readonly now: () => number = Date.now,
  ) {}

  /** The schema of `id`, null if the registry has none, undefined if it was not asked. */
  known(id: number): Schema | typeof NOT_AVRO | null | undefined {
    return this.#schemas.get(id) ?? (this.#denied.has(id) ? null : undefined)
  }

  /** Fetches the schemas of `ids` (Confluent's `GET /schemas/ids/{id}`). @throws {RegistryError} */
  async fetch(ids: readonly number[]): Promise<void> {
    const rest = ids.values()
    const askers = Array.from({ length: CONCURRENCY }, async () => {
      for (const id of rest) await this.#ask(id)
    })
    await Promise.all(askers)
  }

  /** Forgets missing ids after a while, so that they are requested again. */
  forgetOldDenials(): void {
    for (const [id, deniedAt] of this.#denied) if (this.now() - deniedAt > DENIAL_MS) this.#denied.delete(id)
  }

  async #ask(id: number): Promise<void> {
    const { status, body } = await this.client(`/schemas/ids/${id}`)
    const { error_code, schema, schemaType } = body
    if (status === 404 && error_code === SCHEMA_NOT_FOUND) {
      this.#denied.set(id, this.now())
      return
    }
    if (status !== 200 || typeof schema !== 'string') {
      throw new RegistryError('REGISTRY_UNEXPECTED', `The schema registry's response makes no sense (${status}).`)
    }
    // Registries leave the type out for Avro.
    const avro = schemaType === undefined || schemaType === null || schemaType === 'AVRO'
    this.#schemas.set(id, avro ? schemaOf(schema) : NOT_AVRO)
  }
}

function schemaOf(text: string): Schema | typeof NOT_AVRO {
  try {
    return JSON.parse(text) as Schema
  } catch {
    return NOT_AVRO
  }
}
