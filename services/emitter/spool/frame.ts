import { crc32 } from 'node:zlib'
import type { OutgoingMessage } from '../ports.js'

/**
 * Records are written in frames: the payload's length and its CRC-32 (4 bytes each, big-endian), then for each record
 * the key's length, the value's length (4 bytes each), the timestamp (8 bytes), the key in UTF-8 and the value.
 */
const FRAME_HEADER_BYTES = 8
const RECORD_HEADER_BYTES = 16

/** Most bytes that a record takes in a frame: a UTF-16 unit takes up to three bytes. */
export function maxRecordBytes({ key, value }: OutgoingMessage): number {
  return RECORD_HEADER_BYTES + key.length * 3 + value.length
}

/** Builds one frame at a time, in memory that it uses again. */
export class FrameBuilder {
  readonly #bytes: Buffer
  #end = FRAME_HEADER_BYTES

  constructor(maxBytes: number) {
    this.#bytes = Buffer.allocUnsafeSlow(FRAME_HEADER_BYTES + maxBytes)
  }

  get isEmpty(): boolean {
    return this.#end === FRAME_HEADER_BYTES
  }

  /** Bytes that still fit. */
  get room(): number {
    return this.#bytes.length - this.#end
  }

  add({ key, value, timestamp }: OutgoingMessage): void {
    const to = this.#bytes
    const start = this.#end
    const keyBytes = to.write(key, start + RECORD_HEADER_BYTES, 'utf8')
    to.writeUInt32BE(keyBytes, start)
    to.writeUInt32BE(value.length, start + 4)
    to.writeDoubleBE(Number(timestamp), start + 8)
    const valueAt = start + RECORD_HEADER_BYTES + keyBytes
    value.copy(to, valueAt)
    this.#end = valueAt + value.length
  }

  /** The frame, valid until the next `add`. */
  finish(): Buffer {
    const payload = this.#bytes.subarray(FRAME_HEADER_BYTES, this.#end)
    this.#bytes.writeUInt32BE(payload.length, 0)
    this.#bytes.writeUInt32BE(crc32(payload), 4)
    const frame = this.#bytes.subarray(0, this.#end)
    this.#end = FRAME_HEADER_BYTES
    return frame
  }
}

/** The records of a segment's bytes, and how many bytes of them are whole frames. */
export interface Frames {
  readonly messages: readonly OutgoingMessage[]
  /** Less than the segment has if it ends in the middle of a frame, or a frame is damaged. */
  readonly goodBytes: number
}

/** Reads frames up to the first that is torn or damaged: nothing says where another begins after it. */
export function readFrames(bytes: Buffer): Frames {
  const messages: OutgoingMessage[] = []
  let at = 0
  while (at + FRAME_HEADER_BYTES <= bytes.length) {
    const end = at + FRAME_HEADER_BYTES + bytes.readUInt32BE(at)
    if (end > bytes.length) break
    const payload = bytes.subarray(at + FRAME_HEADER_BYTES, end)
    if (payload.length === 0 || crc32(payload) !== bytes.readUInt32BE(at + 4)) break
    readRecords(payload, messages)
    at = end
  }
  return { messages, goodBytes: at }
}

function readRecords(payload: Buffer, messages: OutgoingMessage[]): void {
  let at = 0
  while (at < payload.length) {
    const keyAt = at + RECORD_HEADER_BYTES
    const valueAt = keyAt + payload.readUInt32BE(at)
    const end = valueAt + payload.readUInt32BE(at + 4)
    messages.push({
      key: payload.toString('utf8', keyAt, valueAt),
      value: payload.subarray(valueAt, end),
      timestamp: String(payload.readDoubleBE(at + 8)),
    })
    at = end
  }
}
