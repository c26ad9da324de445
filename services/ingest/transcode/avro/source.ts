import { isUtf8 } from 'node:buffer'

/** Spans have 32 bits. */
const MAX_BYTES = 2 ** 31 - 1

/** The bytes that a group is read from. */
export class Source {
  readonly view: DataView

  /** @throws {RangeError} for 2 GiB or more */
  constructor(readonly bytes: Uint8Array) {
    if (bytes.length > MAX_BYTES) throw new RangeError('A range must hold less than 2 GiB: set INGEST_MAX_BYTES lower.')
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /**
   * Whether the bytes from `start` to before `end` are valid UTF-8. Checks four at a time, since nearly all text is
   * ASCII.
   */
  isText(start: number, end: number): boolean {
    const { bytes, view } = this
    let seen = 0
    if (end - start < 4) {
      for (let at = start; at < end; at++) seen |= bytes[at] as number
    } else {
      const last = end - 4
      for (let at = start; at < last; at += 4) seen |= view.getInt32(at, true)
      seen |= view.getInt32(last, true)
    }
    return (seen & 0x80808080) === 0 || isUtf8(bytes.subarray(start, end))
  }

  /** The text from `start` to before `end`, which must be valid UTF-8. */
  textAt(start: number, end: number): string {
    const { bytes } = this
    return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8')
  }
}
