/** `Reader.long` returns this when the datum ends within the number. */
export const ENDED = Number.NaN

/** `Reader.long` returns this for a number of more than 64 bits. */
export const OVERLONG = Number.POSITIVE_INFINITY

/** Reads consecutive Avro numbers of a datum (Apache Avro 1.12, "Binary Encoding"). */
export class Reader {
  /** Position of the next byte. */
  at = 0
  #bytes: Uint8Array = new Uint8Array(0)
  #end = 0

  /** Starts to read the bytes from `start` to before `end`. */
  open(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes
    this.at = start
    this.#end = end
  }

  /** Number of unread bytes. */
  get left(): number {
    return this.#end - this.at
  }

  /**
   * The next long, or `ENDED`, or `OVERLONG`. Exact up to 2^52; larger numbers are always rejected later. Accepts
   * encodings that are longer than necessary, as Avro's own readers do.
   */
  long(): number {
    if (this.at < this.#end) {
      const byte = this.#bytes[this.at] as number
      if (byte < 0x80) {
        this.at++
        return (byte >>> 1) ^ -(byte & 1)
      }
    }
    return this.#severalBytes()
  }

  #severalBytes(): number {
    const bytes = this.#bytes
    const end = this.#end
    const negative = ((bytes[this.at] as number) & 1) === 1
    let at = this.at
    let unsigned = 0
    let weight = 1
    for (let length = 1; at < end; length++) {
      const byte = bytes[at++] as number
      // Nine bytes hold 63 bits, so a tenth byte may only have its lowest bit set.
      if (length === 10 && byte > 1) return OVERLONG
      unsigned += (byte & 0x7f) * weight
      if (byte < 0x80) {
        this.at = at
        return negative ? -(unsigned + 1) / 2 : unsigned / 2
      }
      weight *= 128
    }
    return ENDED
  }
}
