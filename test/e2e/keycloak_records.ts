import { expect } from 'vitest'
import { gatelog, type RunningStack } from '../fixtures/stack/stack.js'
import type { AgilicusClient, ClientRecord, Query } from './agilicus_client.js'

type Filters = Readonly<Record<string, string>>

/** Reads what a stack holds with the published client. */
export class StackRecords {
  readonly #tokens = new Map<string, string>()

  constructor(
    private readonly stack: RunningStack,
    private readonly client: AgilicusClient,
  ) {}

  /** What the client reads now, newest first, with a token for `orgs` (without: for all). */
  async read(query: Filters, orgs: readonly string[] = [], stream: Query['stream'] = 'auth_audits') {
    return this.client.list({ api: this.stack.file.query.url, token: await this.#token(orgs), query, stream })
  }

  /** The same, as soon as there are `count` records. */
  async records(query: Filters, count: number, orgs: readonly string[] = [], stream?: Query['stream']) {
    const deadline = Date.now() + 60_000
    let found = await this.read(query, orgs, stream)
    while (found.length < count && Date.now() < deadline) found = await this.read(query, orgs, stream)
    expect(found).toHaveLength(count)
    return found
  }

  async record(query: Filters, stream?: Query['stream']): Promise<ClientRecord | undefined> {
    const [found] = await this.records(query, 1, [], stream)
    return found
  }

  async #token(orgs: readonly string[]): Promise<string> {
    const options = orgs.flatMap((org) => ['--org', org])
    const known = this.#tokens.get(orgs.join()) ?? (await gatelog(this.stack, ['token', ...options]))
    this.#tokens.set(orgs.join(), known)
    return known.trim()
  }
}
