import { DEFAULT_OKTA_LIMIT, MAX_OKTA_LIMIT, oktaParameters } from '../../../../schemas/derive/openapi/compat/okta.js'
import type { Stream } from '../../../../schemas/streams/index.js'
import { rfc3339FromMicros } from '../../../../schemas/streams/rfc3339.js'
import { Problem } from '../../../runtime/problem.js'
import type { PositionTokens } from '../../changes/position_token.js'
import { DAY } from '../../clickhouse/hour.js'
import { type Criterion, filtersOf } from '../../parameters/criteria.js'
import type { Filters } from '../../parameters/filters.js'
import { ParameterError, type RequestQuery } from '../../parameters/given_parameters.js'
import { HumanTimeError, humanTime } from '../../parameters/human_time.js'
import type { Order } from '../../parameters/page.js'
import { type After, decodeAfter } from './after.js'
import { readFilterExpression } from './filter_expression.js'
import { keywordsCriterion } from './keywords.js'
import { criterionOf } from './paths.js'

/** How far back a request goes that has no `since`, in microseconds: as Okta's, seven days. */
const DEFAULT_SPAN = 7n * DAY

export interface LogsRequest {
  /** What the records must match, without a time. */
  readonly filters: Pick<Filters, 'fields' | 'kinds' | 'outcomes' | 'where'>
  readonly limit: number
  /** In microseconds since the epoch. */
  readonly since: bigint
  /** The same as text, for links: they must not move with the time of day. */
  readonly sinceText: string
  readonly until?: bigint
  readonly order: Order
  /** Whether the caller polls: it gets what arrives, for as long as it asks. */
  readonly polls: boolean
  readonly after?: After
}

interface Context {
  readonly stream: Stream
  readonly now: bigint
  readonly tokens: PositionTokens
}

/**
 * Reads a request for the System Log. As with Okta, one without `until`, oldest first, polls.
 *
 * @throws {Problem} 400 `INVALID_PARAMETER`, which names every parameter that is unknown or invalid
 */
export function logsRequest(query: RequestQuery, { stream, now, tokens }: Context): LogsRequest {
  const faults: string[] = []
  const unknown = Object.keys(query).filter((name) => !NAMES.includes(name))
  faults.push(...unknown.map((name) => `${name.slice(0, 64)}: is not a parameter. There are ${NAMES.join(', ')}.`))

  const until = read('until', (text) => humanTime(text, now))
  const since = read('since', (text) => humanTime(text, now)) ?? (until ?? now) - DEFAULT_SPAN
  const order = read('sortOrder', orderOf) ?? 'oldest first'
  const criteria: readonly Criterion[] = [
    read('filter', (text) => criterionOf(readFilterExpression(text))) ?? [],
    read('q', keywordsCriterion) ?? [],
  ].flat()
  const after = read('after', (text) => decodeAfter(text, stream.name, tokens))
  const limit = read('limit', limitOf) ?? DEFAULT_OKTA_LIMIT
  const polls = until === undefined && order === 'oldest first'
  if (after !== undefined && (after.is === 'page' ? polls || after.page.order !== order : !polls)) {
    faults.push('after: is of a request with another until or sortOrder. Follow the link with rel="next" unchanged.')
  }
  if (faults.length > 0) throw new Problem(400, 'INVALID_PARAMETER', faults.join(' '))
  return {
    filters: filtersOf({ all: criteria }),
    limit,
    since,
    sinceText: rfc3339FromMicros(since),
    order,
    polls,
    ...(until === undefined ? {} : { until }),
    ...(after === undefined ? {} : { after }),
  }

  /** The value of a parameter; undefined if it is absent, empty or invalid. */
  function read<T>(name: string, of: (text: string) => T): T | undefined {
    const [text = '', ...more] = [query[name] ?? []].flat()
    try {
      if (more.length > 0) throw new ParameterError('may be given only once.')
      return text === '' ? undefined : of(text)
    } catch (error) {
      if (!(error instanceof HumanTimeError || error instanceof ParameterError)) throw error
      faults.push(`${name}: ${error.message}`)
      return undefined
    }
  }
}

const NAMES = oktaParameters.map(({ name }) => name)

function orderOf(text: string): Order {
  const order = { ASCENDING: 'oldest first', DESCENDING: 'newest first' } as const
  const found = Object.entries(order).find(([name]) => name === text.toUpperCase())?.[1]
  if (found === undefined) throw new ParameterError('must be ASCENDING or DESCENDING.')
  return found
}

function limitOf(text: string): number {
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (limit < 1 || limit > MAX_OKTA_LIMIT)
    throw new ParameterError(`must be a whole number from 1 to ${MAX_OKTA_LIMIT}.`)
  return limit
}
