import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TimeRange } from '../clickhouse/time_bounds.js'
import type { Order } from '../parameters/page.js'
import { firstWindow, nextWindow } from './windows.js'

const HOUR = 3_600_000_000n
const SECOND = 1_000_000n
const orders: readonly Order[] = ['newest first', 'oldest first']
const ofTime = fc.bigInt({ min: -1000n * HOUR, max: 9000n * HOUR })
const found = fc.nat(500)

/** All windows of a range in the order in which they are read, where each held as many records as `counts` says. */
function windowsOf(range: TimeRange, order: Order, counts: readonly number[], microsPerRecord?: number): TimeRange[] {
  const windows: TimeRange[] = []
  let window: TimeRange | undefined = firstWindow(range, order, { missing: 500, microsPerRecord })
  let foundBefore = 0
  while (window !== undefined) {
    windows.push(window)
    // The page never gets full, so that all of the range is read.
    const found = Math.min(counts[windows.length % counts.length] as number, 499 - foundBefore)
    window = nextWindow(range, order, window, { found, foundBefore, missing: 500 - foundBefore - found })
    foundBefore += found
  }
  return windows
}

describe.each(orders)('windows, the %s', (order) => {
  const counts = fc.array(found, { minLength: 1 })
  const densities = fc.option(fc.double({ min: 1e-4, max: 1e18, noNaN: true }), { nil: undefined })
  const ranges = fc.tuple(ofTime, ofTime).filter(([from, until]) => from < until)

  it('cover the range and do not overlap', () => {
    fc.assert(
      fc.property(ranges, counts, densities, ([from, until], counts, microsPerRecord) => {
        const windows = windowsOf({ from, until }, order, counts, microsPerRecord)
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

  it('are a millisecond wide at least, except at the end of the range', () => {
    fc.assert(
      fc.property(ranges, counts, densities, ([from, until], counts, microsPerRecord) => {
        const windows = windowsOf({ from, until }, order, counts, microsPerRecord)
        const widths = windows.slice(0, -1).map((window) => window.until - window.from)
        expect(widths.every((width) => width >= 1_000n)).toBe(true)
      }),
    )
  })

  it('are few, also over years without a record', () => {
    expect(windowsOf({ from: 0n, until: 20n * 8766n * HOUR }, order, [0]).length).toBeLessThanOrEqual(6)
  })
})

describe('the first window', () => {
  const range = { from: 0n, until: 100n * HOUR + 1n }

  it('is short where the density is unknown', () => {
    const unknown = { missing: 500, microsPerRecord: undefined }
    expect(firstWindow(range, 'newest first', unknown)).toEqual({
      from: range.until - SECOND / 20n,
      until: range.until,
    })
    expect(firstWindow(range, 'oldest first', unknown)).toEqual({ from: 0n, until: SECOND / 20n })
    const short = { from: 1n, until: SECOND / 20n }
    expect(firstWindow(short, 'oldest first', unknown)).toEqual(short)
  })

  it('is wide enough for a page and some more, where the density is known', () => {
    const hourly = { missing: 50, microsPerRecord: Number(HOUR) }
    expect(firstWindow(range, 'newest first', hourly)).toEqual({ from: 40n * HOUR + 1n, until: range.until })
    expect(firstWindow(range, 'oldest first', hourly)).toEqual({ from: 0n, until: 60n * HOUR })
    expect(firstWindow(range, 'newest first', { ...hourly, missing: 500 })).toEqual(range)
    const dense = { missing: 50, microsPerRecord: 100 }
    expect(firstWindow(range, 'newest first', dense)).toEqual({ from: range.until - 6_000n, until: range.until })
    const denser = { missing: 50, microsPerRecord: 1 }
    expect(firstWindow(range, 'newest first', denser)).toEqual({ from: range.until - 1_000n, until: range.until })
  })
})

describe('the next window', () => {
  const range = { from: 0n, until: 10_000n * HOUR }
  const previous = { from: 9_998n * HOUR, until: range.until }

  it.each([
    [0, 500, 240 * 3600],
    [1, 499, 240 * 3600],
    [100, 400, 9.6 * 3600],
    [400, 100, 0.6 * 3600],
    [480, 20, 360],
  ])('after %i records with %i missing is %i seconds wide', (found, missing, seconds) => {
    const window = nextWindow(range, 'newest first', previous, { found, foundBefore: 0, missing })
    expect(window).toEqual({ from: previous.from - BigInt(seconds) * SECOND, until: previous.from })
  })

  it.each([
    [0, 500, 120],
    [1, 499, 599],
    [6, 494, 99],
    [250, 250, 2],
  ])('after a second with %i records with %i missing is at most %i seconds wide', (found, missing, seconds) => {
    const second = { from: range.until - SECOND, until: range.until }
    const window = nextWindow(range, 'newest first', second, { found, foundBefore: 0, missing })
    expect(window?.until).toBe(second.from)
    const width = second.from - (window?.from ?? 0n)
    expect(width).toBeLessThanOrEqual(BigInt(seconds) * SECOND)
    expect(width).toBeGreaterThan(BigInt(seconds - 1) * SECOND)
  })

  it('follows the density of all that was read: after a burst, an empty window says little', () => {
    const burst = { from: 9_999n * HOUR, until: range.until }
    const second = nextWindow(range, 'newest first', burst, { found: 4, foundBefore: 0, missing: 16 }) as TimeRange
    expect(second.until - second.from).toBe((HOUR * 48n) / 10n)
    const third = nextWindow(range, 'newest first', second, { found: 0, foundBefore: 4, missing: 16 }) as TimeRange
    expect(third.until - third.from).toBe(((HOUR * 48n) / 10n) * 8n)
    const fourth = nextWindow(range, 'newest first', third, { found: 4, foundBefore: 4, missing: 12 }) as TimeRange
    expect(Number(fourth.until - fourth.from)).toBeCloseTo(Number(range.until - third.from) * 1.8, -1)
  })

  it('is all the rest after none of the records of an id', () => {
    const rest = { from: range.from, until: previous.from }
    expect(nextWindow(range, 'newest first', previous, { found: 0, foundBefore: 0, missing: 500, byId: true })).toEqual(
      rest,
    )
    expect(
      nextWindow(range, 'newest first', previous, { found: 100, foundBefore: 0, missing: 400, byId: true }),
    ).not.toEqual(rest)
  })
})
