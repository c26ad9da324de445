import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Span } from '../clickhouse/time_bounds.js'
import type { Order } from '../parameters/page.js'
import { firstWindow, nextWindow } from './windows.js'

const HOUR = 3_600_000_000n
const orders: readonly Order[] = ['newest first', 'oldest first']
const ofTime = fc.bigInt({ min: -1000n * HOUR, max: 9000n * HOUR })
const found = fc.nat(500)

/** All windows of a span in the order in which they are read, where each held as many records as `counts` says. */
function windowsOf(span: Required<Span>, order: Order, counts: readonly number[], spacing?: number): Required<Span>[] {
  const windows: Required<Span>[] = []
  let window: Required<Span> | undefined = firstWindow(span, order, { missing: 500, spacing })
  while (window !== undefined) {
    windows.push(window)
    const count = counts[windows.length % counts.length] as number
    window = nextWindow(span, order, window, { found: count, missing: 500 })
  }
  return windows
}

describe.each(orders)('windows, the %s', (order) => {
  const counts = fc.array(found, { minLength: 1 })
  const spacings = fc.option(fc.double({ min: 1e-4, max: 1e18, noNaN: true }), { nil: undefined })
  const spans = fc.tuple(ofTime, ofTime).filter(([from, until]) => from < until)

  it('leave out no time, and none lies in two', () => {
    fc.assert(
      fc.property(spans, counts, spacings, ([from, until], counts, spacing) => {
        const windows = windowsOf({ from, until }, order, counts, spacing)
        const inTime = order === 'newest first' ? windows.toReversed() : windows
        expect(inTime[0]?.from).toBe(from)
        expect(inTime.at(-1)?.until).toBe(until)
        for (const [index, window] of inTime.entries()) {
          expect(window.from < window.until).toBe(true)
          if (index > 0) expect(window.from).toBe(inTime[index - 1]?.until)
        }
      }),
    )
  })

  it('end at full hours, but for the ends of the span', () => {
    fc.assert(
      fc.property(spans, counts, spacings, ([from, until], counts, spacing) => {
        const windows = windowsOf({ from, until }, order, counts, spacing)
        const edges = windows.flatMap((window) => [window.from, window.until])
        expect(edges.every((edge) => edge === from || edge === until || edge % HOUR === 0n)).toBe(true)
      }),
    )
  })

  it('are few, also over years without a record', () => {
    expect(windowsOf({ from: 0n, until: 20n * 8766n * HOUR }, order, [0]).length).toBeLessThanOrEqual(5)
  })
})

describe('the first window', () => {
  const span = { from: 0n, until: 100n * HOUR + 1n }

  it('has an hour at least', () => {
    const unknown = { missing: 500, spacing: undefined }
    expect(firstWindow(span, 'newest first', unknown)).toEqual({ from: 99n * HOUR, until: span.until })
    expect(firstWindow(span, 'oldest first', unknown)).toEqual({ from: 0n, until: HOUR })
    const later = { from: 1n, until: 100n * HOUR }
    expect(firstWindow(later, 'oldest first', unknown)).toEqual({ from: 1n, until: 2n * HOUR })
  })

  it('has room for a page and some more, where it is known how far apart records lie', () => {
    const hourly = { missing: 50, spacing: Number(HOUR) }
    expect(firstWindow(span, 'newest first', hourly)).toEqual({ from: 40n * HOUR, until: span.until })
    expect(firstWindow(span, 'oldest first', hourly)).toEqual({ from: 0n, until: 60n * HOUR })
    expect(firstWindow(span, 'newest first', { ...hourly, missing: 500 })).toEqual(span)
    const close = { missing: 50, spacing: 1 }
    const half = { from: 0n, until: 100n * HOUR + HOUR / 2n }
    expect(firstWindow(half, 'newest first', close)).toEqual({ from: 100n * HOUR, until: half.until })
  })
})

describe('the next window', () => {
  const span = { from: 0n, until: 10_000n * HOUR }
  const previous = { from: 9_998n * HOUR, until: span.until }

  it.each([
    [0, 500, 96n],
    [1, 499, 96n],
    [100, 400, 10n],
    [400, 100, 1n],
    [499, 1, 1n],
  ])('after %i records with %i missing is %i hours wide', (found, missing, hours) => {
    const window = nextWindow(span, 'newest first', previous, { found, missing })
    expect(window).toEqual({ from: previous.from - hours * HOUR, until: previous.from })
  })

  it('after none of an id is all the rest', () => {
    const rest = { from: span.from, until: previous.from }
    expect(nextWindow(span, 'newest first', previous, { found: 0, missing: 500, ofId: true })).toEqual(rest)
    expect(nextWindow(span, 'newest first', previous, { found: 100, missing: 400, ofId: true })).not.toEqual(rest)
  })
})
