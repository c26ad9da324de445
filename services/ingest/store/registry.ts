import type { Schema } from 'avsc'

/** The schemas of a Confluent schema registry, as far as they have been asked for. An id stands for the same schema for ever. */
export class SchemaRegistry {
  readonly #schemas = new Map<number, Schema>()
  /** Ids that the registry denied at the last asking; asked again next time, since a schema may be registered late. */
  readonly #denied = new Set<number>()

  constructor(
    readonly url: string,
    readonly timeoutMs: number,
  ) {}

  /** The schema of `id`, null where the registry has none, undefined where it has not been asked. */
  known(id: number): Schema | null | undefined {
    return this.#schemas.get(id) ?? (this.#denied.has(id) ? null : undefined)
  }

  /** Asks for the schemas of `ids` (Confluent's `GET /schemas/ids/{id}`). Throws when the registry cannot be asked. */
  async fetch(ids: readonly number[]): Promise<void> {
    for (const id of ids) {
      const response = await fetch(`${this.url}/schemas/ids/${id}`, { signal: AbortSignal.timeout(this.timeoutMs) })
      if (response.status === 404) {
        this.#denied.add(id)
        continue
      }
      if (!response.ok) throw new Error(`The schema registry answered ${response.status}.`)
      const { schema } = (await response.json()) as { schema: string }
      this.#schemas.set(id, JSON.parse(schema) as Schema)
    }
  }

  /** Forgets denials. */
  forgetDenied(): void {
    this.#denied.clear()
  }
}
