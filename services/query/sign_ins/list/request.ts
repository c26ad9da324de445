import { signInsParameters } from '../../../../schemas/derive/sign_in_lists.js'
import type { SignInStreams } from '../../../../schemas/derive/sign_ins.js'
import { distinct } from '../../parameters/field_values.js'
import { type Filters, filtersFrom } from '../../parameters/filters.js'
import { GivenParameters, ParameterError, type RequestQuery } from '../../parameters/given_parameters.js'
import { NEWEST, type Page } from '../../parameters/page.js'
import { pageFrom } from '../../parameters/paging.js'

/** What a request says about the sign-ins that it selects. Each part is absent or has at least one value. */
export interface SignInFilters {
  readonly users?: readonly string[]
  readonly providers?: readonly string[]
  readonly outcomes?: readonly string[]
}

export interface SignInsRequest {
  readonly selected: SignInFilters
  readonly limit: number
  /** The time of the stages by which sign-ins are found. */
  readonly bounds: Pick<Filters, 'from' | 'until'>
  /** After which stage to go on. */
  readonly page: Page
}

/** @throws {Problem} 400 `INVALID_PARAMETER`, which names every parameter that is unknown or has an invalid value */
export function readSignInsRequest(streams: SignInStreams, query: RequestQuery, now: bigint): SignInsRequest {
  const known = signInsParameters(streams)
  const given = new GivenParameters({ name: 'sign_ins' }, known, query)
  const { limit, from, until, outcomes } = filtersFrom(given, known, now)
  const selected = signInFiltersFrom(given, outcomes)
  const page = pageFrom(given, now)
  given.readOne('cursor', () => {
    if (page.order === NEWEST.order) return
    throw new ParameterError(
      'is not a cursor of sign_ins. Copy the next_cursor of an answer unchanged, or leave it out.',
    )
  })
  given.check()
  return {
    selected,
    limit,
    bounds: { ...(from === undefined ? {} : { from }), ...(until === undefined ? {} : { until }) },
    page,
  }
}

export function signInFiltersFrom(given: GivenParameters, outcomes: readonly string[] | undefined): SignInFilters {
  const users = given.read('user', distinct)
  const providers = given.read('provider', distinct)
  return {
    ...(users === undefined ? {} : { users }),
    ...(providers === undefined ? {} : { providers }),
    ...(outcomes === undefined ? {} : { outcomes }),
  }
}
