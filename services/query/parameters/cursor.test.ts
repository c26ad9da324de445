import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decodeCursor, encodeCursor } from './cursor.js'
import type { Order } from './page.js'

const ID = '019b76da-a800-7000-8000-0123456789ab'
const TIME = 1_774_967_415_123_456n

it.each<Order>(['newest first', 'oldest first'])('decodes to the page that was encoded: %s', (order) => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n }), fc.uuid(), (time, eventId) => {
      const cursor = encodeCursor(order, time, eventId)
      expect(cursor).toMatch(/^[\w-]{39}$/)
      expect(decodeCursor(cursor)).toEqual({ order, after: { time, eventId } })
    }),
  )
})

it('is rejected if it is truncated, altered or anything else', () => {
  const cursor = encodeCursor('newest first', TIME, ID)
  const other = encodeCursor('newest first', TIME, ID.replace('0', '1'))
  const altered = [...cursor].map(
    (letter, at) => cursor.slice(0, at) + (letter === 'A' ? 'B' : 'A') + cursor.slice(at + 1),
  )
  const made = [
    cursor.slice(0, -1),
    `${cursor}A`,
    ` ${cursor}`,
    cursor.slice(0, 20) + other.slice(20),
    TIME.toString(),
    ID,
  ]
  const padded = Buffer.from(cursor, 'base64url').toString('base64')
  for (const text of [...altered, ...made, padded, 'None', '', '漢字', '\0']) {
    expect(decodeCursor(text), text).toBeUndefined()
  }
  expect(decodeCursor(cursor)).toBeDefined()
})
