/** What `Reader.long` gives when the datum ends within the number. */
export const ENDED = Number.NaN

/** What `Reader.long` gives for a number that takes more than the 64 bits of a long. */
export const OVERLONG = Number.POSITIVE_INFINITY

/** Reads Avro's numbers, one after another, from a datum (Apache Avro 1.12, "Binary Encoding"). */
export class Reader {
  /** Where the next byte is. */
  at = 0
  #bytes: Uint8Array = new Uint8Array(0)
  #end = 0

  /** Sets out to read the bytes from `start` up to `end`. */
  open(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes
    this.at = start
    this.#end = end
  }

  /** Bytes not yet read. */
  get left(): number {
    return this.#end - this.at
  }

  /**
   * The next long, or one of `ENDED` and `OVERLONG`. Exact up to 2^52; nothing that is accepted goes beyond. An encoding longer than it
   * need be is read as what it says, as Avro's own readers do.
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
      // Nine bytes hold 63 bits: only the lowest bit of a tenth is left to a long.
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
