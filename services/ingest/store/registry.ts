import type { Schema } from 'avsc'

/** Maximum number of concurrent requests to the registry. */
const CONCURRENCY = 16
/**
 * How long a missing id is remembered, in milliseconds. A schema may be registered late, but garbage may name many
 * thousand ids.
 */
const DENIAL_MS = 60_000

/** The schemas that were fetched from a Confluent schema registry. An id never changes its schema. */
export class SchemaRegistry {
  readonly #schemas = new Map<number, Schema>()
  /** Ids that the registry doesn't have, and when it said so. */
  readonly #denied = new Map<number, number>()

  constructor(
    readonly url: string,
    readonly timeoutMs: number,
    readonly now: () => number = Date.now,
  ) {}

  /** The schema of `id`, null if the registry has none, undefined if it was not asked. */
  known(id: number): Schema | null | undefined {
    return this.#schemas.get(id) ?? (this.#denied.has(id) ? null : undefined)
  }

  /**
   * Fetches the schemas of `ids` (Confluent's `GET /schemas/ids/{id}`). @throws {Error} when the registry is
   * unreachable
   */
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
