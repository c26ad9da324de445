import { createHash } from 'node:crypto'
import { uuidBytes, uuidText } from '../../../schemas/streams/uuid.js'
import type { StreamPosition } from './stream_position.js'

/** Why a token is invalid. The message continues “The token”. */
export class TokenFault extends Error {
  override readonly name = 'TokenFault'
}

const NOT_OURS = 'is not whole, or none of Gatelog’s'
const VERSION = 1
const CHECK_BYTES = 4
const UUID_BYTES = 16
/** Far past any real one, in characters. */
const LONGEST = 64 * 1024

/**
 * A position as text that a caller keeps and gives back: base64url of a version, the stream's name, and for each
 * incarnation of the topic its id and its partitions' offsets, with a checksum at the end. It holds no secret and
 * grants nothing: what may be read is the caller's organizations' alone.
 */
export function encodeToken(stream: string, position: StreamPosition): string {
  const bytes: number[] = [VERSION]
  const name = Buffer.from(stream)
  writeNumber(bytes, name.length)
  bytes.push(...name)
  writeNumber(bytes, position.size)
  for (const [topicId, offsets] of position) {
    bytes.push(...uuidBytes(topicId))
    writeNumber(bytes, offsets.length)
    for (const offset of offsets) writeNumber(bytes, offset)
  }
  const body = Buffer.from(bytes)
  return Buffer.concat([body, checksum(body)]).toString('base64url')
}

/** @throws {TokenFault} for text that is no token of this stream */
export function decodeToken(stream: string, text: string): StreamPosition {
  const whole =
    text.length <= LONGEST && /^[A-Za-z0-9_-]+$/.test(text) ? Buffer.from(text, 'base64url') : Buffer.alloc(0)
  const body = whole.subarray(0, Math.max(0, whole.length - CHECK_BYTES))
  if (body.length === 0 || !checksum(body).equals(whole.subarray(body.length))) {
    throw new TokenFault(NOT_OURS)
  }
  if (body[0] !== VERSION) throw new TokenFault('is of another version of Gatelog')
  const reader = new Reader(body, 1)
  const name = reader.bytes(reader.number()).toString()
  if (name !== stream) throw new TokenFault(`belongs to the stream ${name}, not to ${stream}`)
  const position = new Map<string, readonly number[]>()
  for (let topics = reader.count(); topics > 0; topics--) {
    const topicId = uuidText(reader.bytes(UUID_BYTES))
    position.set(
      topicId,
      Array.from({ length: reader.count() }, () => reader.number()),
    )
  }
  if (!reader.ended) throw new TokenFault(NOT_OURS)
  return position
}

/** Against tokens that were cut or mistyped, not against people: there is nothing to forge. */
function checksum(body: Buffer): Buffer {
  return createHash('sha256').update(body).digest().subarray(0, CHECK_BYTES)
}

/** LEB128, unsigned: seven bits a byte, the lowest first. */
function writeNumber(bytes: number[], value: number): void {
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  bytes.push(rest)
}

/** Reads a body. Its checksum says that it was not cut; that `encodeToken` wrote it, nothing says. */
class Reader {
  constructor(
    private readonly body: Buffer,
    private at: number,
  ) {}

  get ended(): boolean {
    return this.at === this.body.length
  }

  bytes(length: number): Buffer {
    if (length > this.body.length - this.at) throw new TokenFault(NOT_OURS)
    this.at += length
    return this.body.subarray(this.at - length, this.at)
  }

  number(): number {
    let value = 0
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.bytes(1).readUInt8()
      value += (byte & 0x7f) * scale
      if (value > Number.MAX_SAFE_INTEGER) throw new TokenFault(NOT_OURS)
      if (byte < 0x80) return value
    }
  }

  /** How many things follow, of at least a byte each. */
  count(): number {
    const count = this.number()
    if (count > this.body.length - this.at) throw new TokenFault(NOT_OURS)
    return count
  }
}
