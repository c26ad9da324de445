import { expect, it } from 'vitest'
import { MAX_AGE_DAYS, MAX_AHEAD_MS } from './stream.js'
import { DAY_MICROS, LATEST_TIME_MICROS, timeFault } from './time_range.js'

const TIMESTAMP = Date.UTC(2026, 0, 15, 12)
const micros = TIMESTAMP * 1000
const earliest = micros - MAX_AGE_DAYS * DAY_MICROS
const latest = micros + MAX_AHEAD_MS * 1000

it.each([
  ['the same time', micros, undefined],
  ['the earliest', earliest, undefined],
  ['just before it', earliest - 1, 'time_too_early'],
  ['the latest', latest, undefined],
  ['just after it', latest + 1, 'time_too_late'],
  ['before 1970', -1, 'time_unrepresentable'],
  ['the year 3000', Date.UTC(3000, 0) * 1000, 'time_unrepresentable'],
  ['no number', Number.NaN, 'time_unrepresentable'],
])('compares %s with Kafka’s timestamp', (_, time, fault) => {
  expect(timeFault(time, TIMESTAMP)).toBe(fault)
})

it.each([
  ['1970', 0, undefined],
  ['a time long past', micros - 20 * 365 * DAY_MICROS, undefined],
  ['the last that the table can hold', LATEST_TIME_MICROS, undefined],
  ['the next', LATEST_TIME_MICROS + 1, 'time_unrepresentable'],
  ['before 1970', -1, 'time_unrepresentable'],
])('without a timestamp of Kafka’s, takes %s by what can be stored', (_, time, fault) => {
  expect(timeFault(time, -1)).toBe(fault)
})

it('ends a day before ClickHouse’s DateTime does', () => {
  expect(new Date(LATEST_TIME_MICROS / 1000 + 24 * 3600 * 1000).toISOString()).toBe('2106-02-07T06:28:15.000Z')
})
