import { describe, expect, it } from 'vitest'
import type { Page } from '../parameters/page.js'
import { intersection, pageBounds, type TimeBounds } from './time_bounds.js'

const eventId = '019b76da-a800-7000-8000-0123456789ab'

describe('pageBounds', () => {
  it.each<[TimeBounds, Page, TimeBounds]>([
    [{}, { order: 'newest first' }, {}],
    [{ from: 1n, until: 9n }, { order: 'oldest first' }, { from: 1n, until: 9n }],
    // Other records with the time of a record may follow it; after a time, none with that time does.
    [{}, { order: 'newest first', after: { time: 5n, eventId } }, { until: 6n }],
    [{}, { order: 'newest first', after: { time: 5n } }, { until: 5n }],
    [{}, { order: 'oldest first', after: { time: 5n, eventId } }, { from: 5n }],
    [{}, { order: 'oldest first', after: { time: 5n } }, { from: 6n }],
    // The caller's bounds hold for every page.
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
  ])('%o of %o: %o', (bounds, page, expected) => {
    expect(pageBounds(bounds, page)).toEqual(expected)
  })
})

it('intersection keeps the times that lie in both', () => {
  expect(intersection({}, { from: 1n, until: 9n })).toEqual({ from: 1n, until: 9n })
  expect(intersection({ from: 0n, until: 10n }, { from: 1n, until: 9n })).toEqual({ from: 1n, until: 9n })
  expect(intersection({ from: 2n, until: 3n }, { from: 1n, until: 9n })).toEqual({ from: 2n, until: 3n })
})
