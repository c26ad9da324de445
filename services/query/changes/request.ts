import { changesParameters, MAX_WAIT_SECONDS, tailParameters } from '../../../schemas/derive/changes.js'
import type { Stream } from '../../../schemas/streams/index.js'
import { Problem } from '../../runtime/problem.js'
import { type Filters, filtersFrom } from '../parameters/filters.js'
import { GivenParameters, ParameterError, type RequestQuery } from '../parameters/given_parameters.js'
import { type PositionTokens, TokenFault } from './position_token.js'
import { BEGINNING, type StreamPosition } from './stream_position.js'

/** Where a caller wants to read from. */
export type After = 'beginning' | 'now' | StreamPosition

export interface TailRequest {
  readonly filters: Filters
  readonly after: After
}

export interface ChangesRequest extends TailRequest {
  /** How long to wait for a record, in milliseconds. */
  readonly waitMs: number
}

/** What the parameters are read with. */
export interface RequestContext {
  /** The present time, in microseconds since the epoch. */
  readonly now: bigint
  readonly tokens: PositionTokens
}

/** @throws {Problem} 400 `INVALID_PARAMETER`, which names every invalid parameter */
export function readChangesRequest(
  stream: Stream,
  query: RequestQuery,
  { now, tokens }: RequestContext,
): ChangesRequest {
  const known = changesParameters(stream)
  const given = new GivenParameters(stream, known, query)
  const request = {
    filters: filtersFrom(given, known, now),
    after: given.readOne('after', (text) => readAfter(stream, text, tokens)) ?? 'beginning',
    waitMs: given.readOne('wait', readWait) ?? 0,
  }
  given.check()
  return request
}

/**
 * `lastEventId` is the header of that name. It overrides `after`: a caller that reconnects may still use the URL that
 * it began with.
 *
 * @throws {Problem} 400 `INVALID_PARAMETER`
 */
export function readTailRequest(
  stream: Stream,
  query: RequestQuery,
  lastEventId: string | undefined,
  { now, tokens }: RequestContext,
): TailRequest {
  const known = tailParameters(stream)
  const given = new GivenParameters(stream, known, query)
  const after = given.readOne('after', (text) => readAfter(stream, text, tokens))
  const filters = filtersFrom(given, known, now)
  given.check()
  return { filters, after: readHeader(stream, lastEventId, tokens) ?? after ?? 'now' }
}

/**
 * The position at which a reader starts.
 *
 * @throws {Problem} 400 `INVALID_PARAMETER` for a token with a topic or partition that the stream does not have
 */
export function startPosition(after: After, marks: StreamPosition): StreamPosition {
  if (after === 'beginning') return BEGINNING
  if (after === 'now') return marks
  // Marks stay, so a token of this stream names only partitions that have marks. An unknown one would be read from its
  // start, again and again.
  if ([...after].every(([topicId, offsets]) => offsets.length <= (marks.get(topicId)?.length ?? 0))) return after
  throw new Problem(
    400,
    'INVALID_PARAMETER',
    'after: the token names a topic or partition that this stream does not have: it is from another installation. Start with after=beginning or after=now.',
  )
}

function readHeader(stream: Stream, text: string | undefined, tokens: PositionTokens): After | undefined {
  if (text === undefined || text === '') return undefined
  try {
    return readAfter(stream, text, tokens)
  } catch (error) {
    if (error instanceof ParameterError) throw new Problem(400, 'INVALID_PARAMETER', `Last-Event-ID: ${error.message}`)
    throw error
  }
}

function readAfter(stream: Stream, text: string, tokens: PositionTokens): After {
  if (text === 'beginning' || text === 'now') return text
  try {
    return tokens.decode(stream.name, text)
  } catch (error) {
    if (!(error instanceof TokenFault)) throw error
    const advice = 'Use the `next` of an answer or the `id` of an event as it is, or `beginning`, or `now`.'
    throw new ParameterError(`the token ${error.message}. ${advice}`)
  }
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 }

function readWait(text: string): number {
  const [, count, unit = ''] = /^(\d{1,6})(ms|s|m)$/.exec(text) ?? []
  const milliseconds = Number(count) * (UNITS[unit] ?? Number.NaN)
  if (milliseconds <= MAX_WAIT_SECONDS * 1_000) return milliseconds
  throw new ParameterError(`must be a time such as 30s or 500ms, of at most ${MAX_WAIT_SECONDS}s.`)
}
