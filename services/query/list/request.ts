import { parameters } from '../../../schemas/derive/parameters.js'
import type { Stream } from '../../../schemas/streams/index.js'
import { type Filters, filtersFrom } from '../parameters/filters.js'
import { GivenParameters, type RequestQuery } from '../parameters/given_parameters.js'
import type { Page } from '../parameters/page.js'
import { pageFrom } from '../parameters/paging.js'

/** The parameters of a list: which records, and which page of them. */
export interface ListRequest {
  readonly filters: Filters
  readonly page: Page
}

/** @throws {Problem} 400 `INVALID_PARAMETER`, which names every parameter that is unknown or has an invalid value */
export function readListRequest(stream: Stream, query: RequestQuery, now: bigint): ListRequest {
  const known = parameters(stream)
  const given = new GivenParameters(stream, known, query)
  const request = { filters: filtersFrom(given, known, now), page: pageFrom(given, now) }
  given.check()
  return request
}
