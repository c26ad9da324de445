/**
 * Reads Avro's binary encoding (Apache Avro 1.12, "Binary Encoding"). avsc trusts the lengths and counts that it reads,
 * and a sender can make it loop for hours with one of them. Every method throws a RangeError when the bytes end.
 */
export class Cursor {
  at: number

  constructor(
    readonly bytes: Buffer,
    at = 0,
  ) {
    this.at = at
  }

  get atEnd(): boolean {
    return this.at === this.bytes.length
  }

  /** A long: a varint of at most ten bytes, in zigzag order. */
  long(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.bytes.readUInt8(this.at++)
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n))
    }
    throw new RangeError('A number has more than 64 bits.')
  }

  /** A long that is a length or a count. */
  size(): number {
    const value = this.long()
    if (value < 0n || value > BigInt(this.bytes.length)) throw new RangeError('A length is out of range.')
    return Number(value)
  }

  fixed(length: number): Buffer {
    const end = this.at + length
    if (end > this.bytes.length) throw new RangeError('The bytes end too soon.')
    const read = this.bytes.subarray(this.at, end)
    this.at = end
    return read
  }

  /** Bytes or text, after their length. */
  lengthAndBytes(): Buffer {
    return this.fixed(this.size())
  }
}
