import type { PositionTokens } from '../../changes/position_token.js'
import { TokenFault } from '../../changes/position_token.js'
import type { StreamPosition } from '../../changes/stream_position.js'
import { decodeCursor, encodeCursor } from '../../parameters/cursor.js'
import { ParameterError } from '../../parameters/given_parameters.js'
import type { Page } from '../../parameters/page.js'

/**
 * Where a page begins, as the parameter `after` has it:
 *
 * - `page`: in a list by time, for a request between two times;
 * - `history`: for a poller that has not read all that had arrived when it began. It reads a list by time, of what
 *   arrived before `start`;
 * - `arrivals`: for a poller that has. It reads in the order of arrival.
 */
export type After =
  | { readonly is: 'page'; readonly page: Page }
  | { readonly is: 'history'; readonly start: StreamPosition; readonly page: Page }
  | { readonly is: 'arrivals'; readonly from: StreamPosition }

export function encodeAfter(after: After, stream: string, tokens: PositionTokens): string {
  switch (after.is) {
    case 'page':
      return `page.${cursorOf(after.page)}`
    case 'history':
      return `history.${cursorOf(after.page)}.${tokens.encode(stream, after.start)}`
    case 'arrivals':
      return `arrivals.${tokens.encode(stream, after.from)}`
  }
}

function cursorOf({ order, after }: Page): string {
  if (after?.eventId === undefined) throw new TypeError('A page that continues another comes after a record.')
  return encodeCursor(order, after.time, after.eventId)
}

/** @throws {ParameterError} for text that is none */
export function decodeAfter(text: string, stream: string, tokens: PositionTokens): After {
  const [is, first = '', second, ...rest] = text.split('.')
  const page = decodeCursor(first)
  if (is === 'page' && page !== undefined && second === undefined) return { is, page }
  if (is === 'history' && page !== undefined && second !== undefined && rest.length === 0) {
    return { is, page, start: positionOf(second, stream, tokens) }
  }
  if (is === 'arrivals' && second === undefined) return { is, from: positionOf(first, stream, tokens) }
  throw new ParameterError(`is not one of this service. ${ADVICE}`)
}

const ADVICE = 'Follow the link with rel="next" unchanged, or leave after out to begin again.'

function positionOf(text: string, stream: string, tokens: PositionTokens): StreamPosition {
  try {
    return tokens.decode(stream, text)
  } catch (error) {
    if (error instanceof TokenFault) throw new ParameterError(`${error.message}. ${ADVICE}`)
    throw error
  }
}
