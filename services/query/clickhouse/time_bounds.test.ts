import { describe, expect, it } from 'vitest'
import type { Page } from '../parameters/page.js'
import { type Span, spanOf, within } from './time_bounds.js'

const eventId = '019b76da-a800-7000-8000-0123456789ab'

describe('the times of a page', () => {
  it.each<[Span, Page, Span]>([
    [{}, { order: 'newest first' }, {}],
    [{ from: 1n, until: 9n }, { order: 'oldest first' }, { from: 1n, until: 9n }],
    // Records of a record's own time may follow it; none of a moment's own time does.
    [{}, { order: 'newest first', after: { time: 5n, eventId } }, { until: 6n }],
    [{}, { order: 'newest first', after: { time: 5n } }, { until: 5n }],
    [{}, { order: 'oldest first', after: { time: 5n, eventId } }, { from: 5n }],
    [{}, { order: 'oldest first', after: { time: 5n } }, { from: 6n }],
    // The caller's own bounds hold whatever page is asked for.
    [
      { from: 1n, until: 4n },
      { order: 'newest first', after: { time: 5n, eventId } },
      { from: 1n, until: 4n },
    ],
    [
      { from: 1n, until: 9n },
      { order: 'newest first', after: { time: 5n, eventId } },
      { from: 1n, until: 6n },
    ],
    [
      { from: 7n, until: 9n },
      { order: 'oldest first', after: { time: 5n } },
      { from: 7n, until: 9n },
    ],
    [
      { from: 1n, until: 9n },
      { order: 'oldest first', after: { time: 5n } },
      { from: 6n, until: 9n },
    ],
  ])('%o of %o: %o', (bounds, page, span) => {
    expect(spanOf(bounds, page)).toEqual(span)
  })
})

it('is cut to what there is', () => {
  expect(within({}, { from: 1n, until: 9n })).toEqual({ from: 1n, until: 9n })
  expect(within({ from: 0n, until: 10n }, { from: 1n, until: 9n })).toEqual({ from: 1n, until: 9n })
  expect(within({ from: 2n, until: 3n }, { from: 1n, until: 9n })).toEqual({ from: 2n, until: 3n })
})
