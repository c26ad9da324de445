const WORD = 2 ** 32

/** Writes ClickHouse's primitive values, little-endian. The caller provides enough memory. */
export class BlockWriter {
  /** Position of the next byte. */
  at = 0
  readonly view: DataView

  constructor(readonly bytes: Uint8Array<ArrayBuffer>) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  raw(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.at)
    this.at += bytes.length
  }

  /** An unsigned number with seven bits a byte (LEB128). */
  varint(value: number): void {
    let rest = value
    for (; rest >= 0x80; rest >>>= 7) this.bytes[this.at++] = (rest & 0x7f) | 0x80
    this.bytes[this.at++] = rest
  }

  /** Repeats the last `width` bytes, so that they occur `times` times. */
  repeat(width: number, times: number): void {
    const first = this.at - width
    const end = first + width * times
    while (this.at < end) {
      // Doubles what was written: a few long copies.
      const copied = Math.min(this.at - first, end - this.at)
      this.bytes.copyWithin(this.at, first, first + copied)
      this.at += copied
    }
  }

  int32(value: number): void {
    this.view.setInt32(this.at, value, true)
    this.at += 4
  }

  /** An integer from 0 to 2^53 as an Int64 or UInt64. */
  int64(value: number): void {
    const high = Math.floor(value / WORD)
    this.view.setInt32(this.at, value - high * WORD, true)
    this.view.setInt32(this.at + 4, high, true)
    this.at += 8
  }
}

/** Number of bytes that `varint` writes for `value`. */
export function varintBytes(value: number): number {
  let bytes = 1
  for (let rest = value; rest >= 0x80; rest >>>= 7) bytes++
  return bytes
}

/** `text` as a ClickHouse String: its length, then its bytes. */
export function stringBytes(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8')
  const writer = new BlockWriter(Buffer.alloc(varintBytes(bytes.length) + bytes.length))
  writer.varint(bytes.length)
  writer.raw(bytes)
  return Buffer.from(writer.bytes)
}
