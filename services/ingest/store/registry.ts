import type { Schema } from 'avsc'

/** Requests to the registry at once. */
const CONCURRENCY = 16
/** How long a denial stands, in milliseconds: a schema may be registered late, but garbage may name tens of thousands of ids. */
const DENIAL_MS = 60_000

/** The schemas of a Confluent schema registry, as far as they have been asked for. An id stands for the same schema for ever. */
export class SchemaRegistry {
  readonly #schemas = new Map<number, Schema>()
  /** When the registry denied an id. */
  readonly #denied = new Map<number, number>()

  constructor(
    readonly url: string,
    readonly timeoutMs: number,
    readonly now: () => number = Date.now,
  ) {}

  /** The schema of `id`, null where the registry has none, undefined where it has not been asked. */
  known(id: number): Schema | null | undefined {
    return this.#schemas.get(id) ?? (this.#denied.has(id) ? null : undefined)
  }

  /** Asks for the schemas of `ids` (Confluent's `GET /schemas/ids/{id}`). Throws when the registry cannot be asked. */
  async fetch(ids: readonly number[]): Promise<void> {
    const rest = ids.values()
    const askers = Array.from({ length: CONCURRENCY }, async () => {
      for (const id of rest) await this.#ask(id)
    })
    await Promise.all(askers)
  }

  /** Lets the registry be asked anew for what it denied a while ago. */
  forgetOldDenials(): void {
    for (const [id, deniedAt] of this.#denied) if (this.now() - deniedAt > DENIAL_MS) this.#denied.delete(id)
  }

  async #ask(id: number): Promise<void> {
    const response = await fetch(`${this.url}/schemas/ids/${id}`, { signal: AbortSignal.timeout(this.timeoutMs) })
    if (response.status === 404) {
      await response.body?.cancel()
      this.#denied.set(id, this.now())
      return
    }
    if (!response.ok) throw new Error(`The schema registry answered ${response.status}.`)
    const { schema } = (await response.json()) as { schema: string }
    this.#schemas.set(id, JSON.parse(schema) as Schema)
  }
}
