import { authentikActions } from '../../../../schemas/streams/events/actions.js'
import { type EventKind, RETENTION_DAYS } from '../../../../schemas/streams/index.js'
import { rfc3339FromMicros } from '../../../../schemas/streams/rfc3339.js'
import { DAY } from '../../clickhouse/hour.js'
import { type ApiRecord, microsOf } from '../../clickhouse/rows.js'
import { actionOfKind, CUSTOM, shownAction } from './actions.js'

/** What an event of our stream of that name has in the form of authentik. */
export function storedEvent(record: ApiRecord): object {
  const action = shownAction(record.action === undefined ? undefined : String(record.action))
  const context = { ...(record.context as object | undefined) }
  return {
    pk: record.event_id,
    user: record.user ?? {},
    action,
    app: record.app ?? 'gatelog.events',
    // Strict clients accept no other action than authentik's, so what it is stays here.
    context: action === CUSTOM && record.action !== CUSTOM ? { ...context, custom_action: record.action } : context,
    client_ip: record.client_ip ?? null,
    ...timesOf(record),
    brand: record.brand ?? {},
  }
}

/** A sign-in as an event of authentik. What has no place in it is in its context. */
export function signInEvent(record: ApiRecord, kind: EventKind): object {
  const { user_id, upstream_user_id: login, source_ip, org_id, org_name, user_agent } = record
  return {
    pk: record.event_id,
    user: {
      pk: user_id ?? null,
      email: typeof login === 'string' && login.includes('@') ? login : '',
      username: login ?? user_id ?? '',
    },
    action: actionOfKind(kind),
    app: 'gatelog.auth_audits',
    context: {
      ...Object.fromEntries(IN_CONTEXT.flatMap((name) => (record[name] === undefined ? [] : [[name, record[name]]]))),
      ...(user_agent === undefined ? {} : { http_request: { user_agent } }),
    },
    client_ip: source_ip ?? null,
    ...timesOf(record),
    brand:
      org_id === undefined
        ? {}
        : { pk: org_id, app: 'authentik_brands', name: org_name ?? org_id, model_name: 'brand' },
  }
}

const IN_CONTEXT = [
  ...['stage', 'event', 'event_name', 'result', 'outcome', 'upstream_idp', 'application_name', 'client_id', 'issuer'],
  ...['login_org_id', 'login_org_name', 'session', 'trace_id', 'request_id', 'token_id'],
]

function timesOf(record: ApiRecord): { readonly created: string; readonly expires: string } {
  return { created: record.time, expires: rfc3339FromMicros(microsOf(record) + BigInt(RETENTION_DAYS) * DAY) }
}

/** The actions that authentik names. */
export const actionList: readonly object[] = Object.entries(authentikActions).map(([component, description]) => ({
  name: nameOf(component),
  description,
  component,
  model_name: '',
}))

/** `login_failed` as `Login failed`. */
function nameOf(action: string): string {
  const words = action === CUSTOM ? 'custom' : action.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** Where a page is among all. */
export interface Pagination {
  readonly page: number
  readonly pageSize: number
  /** How many events this page has. */
  readonly shown: number
  /** How many there are, as far as they are counted. */
  readonly count: number
  /** Whether another page follows. */
  readonly more: boolean
}

export function pagination({ page, pageSize, shown, count, more }: Pagination): object {
  const before = (page - 1) * pageSize
  return {
    next: more ? page + 1 : 0,
    previous: page > 1 ? page - 1 : 0,
    count,
    current: page,
    total_pages: Math.max(1, Math.ceil(count / pageSize)),
    start_index: shown === 0 ? 0 : before + 1,
    end_index: before + shown,
  }
}
