import { uuidBytes, uuidText } from '../../../schemas/streams/uuid.js'
import type { StreamPosition } from './stream_position.js'
import { createTokenCipher } from './token_cipher.js'

/** Why a token is invalid. The message continues “The token”. */
export class TokenFault extends Error {
  override readonly name = 'TokenFault'
}

/**
 * Positions as text that callers store and send back. A position shows how many records all organizations have, so it
 * is encrypted. A token grants no access: the caller's organizations decide what may be read.
 */
export interface PositionTokens {
  /** The same position always has the same token. */
  encode(stream: string, position: StreamPosition): string
  /** @throws {TokenFault} for text that is not a token of this stream */
  decode(stream: string, text: string): StreamPosition
}

const UNKNOWN = 'is incomplete, or from another installation or version of Gatelog'
const VERSION = 2
const UUID_BYTES = 16
/** Far more than the token of a real position, in characters. */
const MAX_LENGTH = 64 * 1024

/**
 * Tokens that are encrypted with the first key. The others decrypt the tokens of earlier configurations.
 *
 * The encrypted text has the stream's name, and for each incarnation of the topic its id and the offsets. All offsets
 * have the same number of bytes, so that the length of a token shows only the number of partitions.
 */
export function createPositionTokens(keys: readonly [Buffer, ...Buffer[]]): PositionTokens {
  const [first, ...others] = keys
  const current = createTokenCipher(first)
  const ciphers = [current, ...others.map(createTokenCipher)]
  return {
    encode(stream, position) {
      return Buffer.concat([Buffer.of(VERSION), current.encrypt(writePosition(stream, position))]).toString('base64url')
    },
    decode(stream, text) {
      const bytes = text.length <= MAX_LENGTH && /^[A-Za-z0-9_-]+$/.test(text) ? Buffer.from(text, 'base64url') : EMPTY
      if (bytes.length === 0 || bytes[0] !== VERSION) throw new TokenFault(UNKNOWN)
      for (const cipher of ciphers) {
        const decrypted = cipher.decrypt(bytes.subarray(1))
        if (decrypted !== undefined) return readPosition(stream, decrypted)
      }
      throw new TokenFault(UNKNOWN)
    },
  }
}

const EMPTY = Buffer.alloc(0)

/** Offsets have 5 bytes, which is enough for 10^12 records of a partition, or 8. */
const NARROW = 5
const WIDE = 8
const COUNT_BYTES = 2

function writePosition(stream: string, position: StreamPosition): Buffer {
  const name = Buffer.from(stream)
  const width = [...position.values()].flat().some((offset) => offset >= 2 ** (8 * NARROW)) ? WIDE : NARROW
  const parts: Buffer[] = [Buffer.of(width, name.length), name]
  for (const [topicId, offsets] of position) {
    const numbers = Buffer.alloc(COUNT_BYTES + width * offsets.length)
    numbers.writeUInt16BE(offsets.length)
    for (const [partition, offset] of offsets.entries()) {
      const at = COUNT_BYTES + partition * width
      if (width === NARROW) numbers.writeUIntBE(offset, at, NARROW)
      else numbers.writeBigUInt64BE(BigInt(offset), at)
    }
    parts.push(uuidBytes(topicId), numbers)
  }
  return Buffer.concat(parts)
}

/** Reads what `writePosition` wrote: the cipher has authenticated it. */
function readPosition(stream: string, bytes: Buffer): StreamPosition {
  const width = bytes.readUInt8(0)
  let at = 2 + bytes.readUInt8(1)
  const name = bytes.toString('utf8', 2, at)
  if (name !== stream) throw new TokenFault(`belongs to the stream ${name}, not to ${stream}`)
  const position = new Map<string, readonly number[]>()
  while (at < bytes.length) {
    const topicId = uuidText(bytes.subarray(at, at + UUID_BYTES))
    const count = bytes.readUInt16BE(at + UUID_BYTES)
    const start = at + UUID_BYTES + COUNT_BYTES
    const offsetOf = (partition: number): number => {
      const place = start + partition * width
      return width === NARROW ? bytes.readUIntBE(place, NARROW) : Number(bytes.readBigUInt64BE(place))
    }
    position.set(
      topicId,
      Array.from({ length: count }, (_, partition) => offsetOf(partition)),
    )
    at = start + count * width
  }
  return position
}
