import type { ClickHouseError } from '@clickhouse/client'

/**
 * What an error of ClickHouse says about a retry.
 *
 * - `passing`: it ends by itself or when an operator acts, and does not depend on what was sent.
 * - `final`: ClickHouse rejects what was sent, and rejects it again until an operator changes the table.
 * - `unknown`: on neither list. It may be either.
 */
export type ClickHouseErrorKind = 'passing' | 'final' | 'unknown'

/**
 * The passing errors by number (ClickHouse, `src/Common/ErrorCodes.cpp`). An old number never gets another meaning.
 */
export const PASSING_CLICKHOUSE_ERRORS: ReadonlyMap<string, string> = new Map([
  ['3', 'UNEXPECTED_END_OF_FILE'],
  ['60', 'UNKNOWN_TABLE'],
  ['81', 'UNKNOWN_DATABASE'],
  ['159', 'TIMEOUT_EXCEEDED'],
  ['164', 'READONLY'],
  ['173', 'CANNOT_ALLOCATE_MEMORY'],
  ['194', 'REQUIRED_PASSWORD'],
  ['198', 'DNS_ERROR'],
  ['201', 'QUOTA_EXCEEDED'],
  ['202', 'TOO_MANY_SIMULTANEOUS_QUERIES'],
  ['203', 'NO_FREE_CONNECTION'],
  ['209', 'SOCKET_TIMEOUT'],
  ['210', 'NETWORK_ERROR'],
  ['236', 'ABORTED'],
  ['241', 'MEMORY_LIMIT_EXCEEDED'],
  ['242', 'TABLE_IS_READ_ONLY'],
  ['243', 'NOT_ENOUGH_SPACE'],
  ['252', 'TOO_MANY_PARTS'],
  ['279', 'ALL_CONNECTION_TRIES_FAILED'],
  ['319', 'UNKNOWN_STATUS_OF_INSERT'],
  ['394', 'QUERY_WAS_CANCELLED'],
  ['425', 'SYSTEM_ERROR'],
  ['473', 'DEADLOCK_AVOIDED'],
  ['497', 'ACCESS_DENIED'],
  ['516', 'AUTHENTICATION_FAILED'],
  ['745', 'SERVER_OVERLOADED'],
  ['999', 'KEEPER_EXCEPTION'],
])

/**
 * The final errors by number, each of which a test gets from a real server: a column is missing, a column has another
 * type, or a constraint rejects a row.
 */
export const FINAL_CLICKHOUSE_ERRORS: ReadonlyMap<string, string> = new Map([
  ['6', 'CANNOT_PARSE_TEXT'],
  ['53', 'TYPE_MISMATCH'],
  ['117', 'INCORRECT_DATA'],
  ['469', 'VIOLATED_CONSTRAINT'],
])

/** The name of an error. The number decides; the name at the end of ClickHouse's text serves for other numbers. */
export function clickHouseErrorName({ code, type }: Pick<ClickHouseError, 'code' | 'type'>): string {
  return PASSING_CLICKHOUSE_ERRORS.get(code) ?? FINAL_CLICKHOUSE_ERRORS.get(code) ?? type ?? code
}

export function clickHouseErrorKind(name: string): ClickHouseErrorKind {
  if (PASSING_NAMES.has(name)) return 'passing'
  return FINAL_NAMES.has(name) ? 'final' : 'unknown'
}

const PASSING_NAMES: ReadonlySet<string> = new Set(PASSING_CLICKHOUSE_ERRORS.values())
const FINAL_NAMES: ReadonlySet<string> = new Set(FINAL_CLICKHOUSE_ERRORS.values())
