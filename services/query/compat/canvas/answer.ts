import type { EventKind } from '../../../../schemas/streams/index.js'
import type { ApiRecord } from '../../clickhouse/rows.js'

/** An id as Canvas's programs get it; null for a record without one. */
export type IdOf = (text: ApiRecord[string] | undefined) => string | number | null

/** Ids as they are: opaque text. */
export const textId: IdOf = (text) => (typeof text === 'string' ? text : null)

/** Ids that are whole numbers below 2^53 as numbers, as Canvas's own are. */
export const numericId: IdOf = (text) => {
  const id = textId(text)
  const number = typeof id === 'string' && /^(0|[1-9]\d{0,15})$/.test(id) ? Number(id) : undefined
  return number !== undefined && Number.isSafeInteger(number) ? number : id
}

/** What the document of a page is made with. */
export interface DocumentParts {
  readonly kindOf: (record: ApiRecord) => EventKind
  readonly idOf: IdOf
  /** Where authentication events are listed, for links. */
  readonly audit: string
}

/**
 * The compound document of a page: its events with the members of both generations of Canvas's API (`links` and flat
 * ids), and each login, account and user of them once. It has no `meta`: `canvasapi` would look for pages in it.
 */
export function eventsDocument(records: readonly ApiRecord[], { kindOf, idOf, audit }: DocumentParts): object {
  return {
    links: {
      'events.login': `${audit}/logins/{events.login}`,
      'events.account': `${audit}/accounts/{events.account}`,
      'events.user': `${audit}/users/{events.user}`,
      'events.page_view': null,
    },
    events: records.map((record) => {
      const [login, account, user] = [record.upstream_user_id, record.org_id, record.user_id].map(idOf)
      return {
        id: record.event_id,
        created_at: record.time,
        event_type: kindOf(record),
        pseudonym_id: login,
        account_id: account,
        user_id: user,
        links: { login, account, user, page_view: null },
      }
    }),
    linked: {
      logins: once(records, 'upstream_user_id', ({ upstream_user_id, org_id, user_id }) => ({
        id: idOf(upstream_user_id),
        account_id: idOf(org_id),
        user_id: idOf(user_id),
        unique_id: upstream_user_id,
      })),
      accounts: once(records, 'org_id', ({ org_id, org_name }) => ({ id: idOf(org_id), name: org_name ?? org_id })),
      users: once(records, 'user_id', ({ user_id, upstream_user_id }) => ({
        id: idOf(user_id),
        name: upstream_user_id ?? user_id,
        login_id: upstream_user_id ?? null,
      })),
      page_views: [],
    },
  }
}

/** One object for each value of a field, made of the newest record that has it. */
function once(
  records: readonly ApiRecord[],
  field: 'upstream_user_id' | 'org_id' | 'user_id',
  objectOf: (record: ApiRecord) => object,
): readonly object[] {
  const objects = new Map<ApiRecord[string], object>()
  for (const record of records) {
    const value = record[field]
    if (value !== undefined && !objects.has(value)) objects.set(value, objectOf(record))
  }
  return [...objects.values()]
}
