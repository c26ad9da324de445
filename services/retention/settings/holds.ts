import { randomUUID } from 'node:crypto'
import type { ClickHouseClient } from '@clickhouse/client'

/**
 * A legal hold: the records of an organization, of a person, or of a person in an organization stay, however old they
 * are.
 */
export interface Hold {
  readonly hold_id: string
  /** Empty for all organizations. */
  readonly organization: string
  /** An id, a name or an email address, in lower case; empty for everybody. */
  readonly person: string
  readonly reason: string
  readonly set_at: string
  readonly set_by: string
}

/** The holds that are not released. */
export async function readHolds(client: ClickHouseClient): Promise<readonly Hold[]> {
  const result = await client.query({
    query: `SELECT hold_id, any(organization) AS organization, any(person) AS person, argMin(reason, changed_at) AS reason,
        toString(min(changed_at)) AS set_at, argMin(set_by, changed_at) AS set_by
      FROM legal_holds GROUP BY hold_id HAVING argMax(held, changed_at) ORDER BY set_at, hold_id`,
    format: 'JSONEachRow',
  })
  return result.json<Hold>()
}

/** Sets a hold and returns its id. A run that begins later drops nothing that it covers. */
export async function setHold(
  client: ClickHouseClient,
  hold: Pick<Hold, 'organization' | 'person' | 'reason' | 'set_by'>,
): Promise<string> {
  const hold_id = randomUUID()
  await insert(client, { ...hold, hold_id, person: hold.person.toLowerCase(), held: true })
  return hold_id
}

/** Releases a hold. */
export async function releaseHold(
  client: ClickHouseClient,
  { hold_id, organization, person }: Hold,
  { reason, setBy }: { readonly reason: string; readonly setBy: string },
): Promise<void> {
  await insert(client, { hold_id, organization, person, reason, set_by: setBy, held: false })
}

async function insert(client: ClickHouseClient, row: object): Promise<void> {
  await client.insert({
    table: 'legal_holds',
    values: [row],
    format: 'JSONEachRow',
    clickhouse_settings: { async_insert: 0 },
  })
}
