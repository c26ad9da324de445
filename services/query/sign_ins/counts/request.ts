import { SIGN_IN_DIMENSIONS, signInCountsParameters } from '../../../../schemas/derive/sign_in_lists.js'
import type { SignInStreams } from '../../../../schemas/derive/sign_ins.js'
import { type CountsRequest, countsRequestFrom } from '../../counts/request.js'
import { GivenParameters, type RequestQuery } from '../../parameters/given_parameters.js'
import { type SignInFilters, signInFiltersFrom } from '../list/request.js'

export interface SignInCountsRequest {
  /** What to count by, and the time in which a sign-in begins. */
  readonly counts: CountsRequest
  readonly selected: SignInFilters
}

/** @throws {Problem} 400 `INVALID_PARAMETER`, which names every parameter that is unknown or has an invalid value */
export function readSignInCountsRequest(streams: SignInStreams, query: RequestQuery, now: bigint): SignInCountsRequest {
  const known = signInCountsParameters(streams)
  const given = new GivenParameters({ name: 'sign_ins/counts' }, known, query)
  const counts = countsRequestFrom(given, known, { now, dimensions: SIGN_IN_DIMENSIONS })
  const selected = signInFiltersFrom(given, counts.filters.outcomes)
  given.check()
  return { counts, selected }
}
