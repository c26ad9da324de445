import { createHash } from 'node:crypto'
import { uuidBytes, uuidText } from '../../../schemas/streams/uuid.js'
import type { Order, Page } from './page.js'

/**
 * Where a page begins, as opaque text: base64url of one byte for the order, eight for the time of the record before the
 * page, sixteen for its `event_id`, and four of a checksum. Because of the checksum, a truncated or altered cursor is
 * rejected and does not silently name another position.
 */
export function encodeCursor(order: Order, time: bigint, eventId: string): string {
  const bytes = Buffer.alloc(LENGTH)
  bytes[0] = ORDERS.indexOf(order)
  bytes.writeBigInt64BE(time, 1)
  uuidBytes(eventId).copy(bytes, 9)
  checksum(bytes).copy(bytes, CHECKED)
  return bytes.toString('base64url')
}

/** The page that a cursor names; undefined if the text is no cursor. */
export function decodeCursor(text: string): Page | undefined {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.length !== LENGTH || bytes.toString('base64url') !== text) return undefined
  const order = ORDERS[bytes[0] as number]
  if (order === undefined || !checksum(bytes).equals(bytes.subarray(CHECKED))) return undefined
  const eventId = uuidText(bytes.subarray(9, CHECKED))
  return { order, after: { time: bytes.readBigInt64BE(1), eventId } }
}

const ORDERS: readonly Order[] = ['newest first', 'oldest first']
const CHECKED = 25
const LENGTH = CHECKED + 4

function checksum(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes.subarray(0, CHECKED)).digest().subarray(0, 4)
}
