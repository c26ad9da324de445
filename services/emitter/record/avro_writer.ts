/** Text of at most this many characters is copied in JavaScript: a call into Node takes longer. */
const SHORT = 24

/** Writes what a record is made of in Avro's binary encoding (Apache Avro 1.12), into memory that it uses again. */
export class AvroWriter {
  readonly #bytes: Buffer
  #end = 0

  /** @param maxBytes the size of the largest record */
  constructor(maxBytes: number) {
    this.#bytes = Buffer.allocUnsafeSlow(maxBytes)
  }

  start(header: Uint8Array): void {
    this.#end = 0
    this.fixed(header)
  }

  /** A copy of what was written. */
  finish(): Buffer {
    const copy = Buffer.allocUnsafe(this.#end)
    this.#bytes.copy(copy, 0, 0, this.#end)
    return copy
  }

  fixed(bytes: Uint8Array): void {
    const to = this.#bytes
    let end = this.#end
    for (let index = 0; index < bytes.length; index++) to[end++] = bytes[index] as number
    this.#end = end
  }

  /** A count, as a zigzag varint. It may be larger than 2^31: a time in microseconds is. */
  long(count: number): void {
    let rest = count * 2
    while (rest >= 0x8000_0000) {
      this.#bytes[this.#end++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    for (; rest >= 0x80; rest >>>= 7) this.#bytes[this.#end++] = (rest & 0x7f) | 0x80
    this.#bytes[this.#end++] = rest
  }

  /** A value of the type `["null", "string"]`. */
  optionalText(text: string | undefined): void {
    if (text === undefined) {
      this.#bytes[this.#end++] = 0
      return
    }
    this.#bytes[this.#end++] = 2
    if (text.length > SHORT || !this.#shortAscii(text)) this.#text(text)
  }

  /** Writes text whose length takes one byte. Returns false, and writes nothing, if it is not ASCII. */
  #shortAscii(text: string): boolean {
    const to = this.#bytes
    let end = this.#end + 1
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index)
      if (code >= 0x80) return false
      to[end++] = code
    }
    to[this.#end] = text.length * 2
    this.#end = end
    return true
  }

  /** The length comes first and is not known before the text is written: it is as if all were ASCII, mostly. */
  #text(text: string): void {
    const start = this.#end
    this.long(text.length)
    const written = this.#bytes.write(text, this.#end, 'utf8')
    if (written === text.length) {
      this.#end += written
      return
    }
    this.#end = start
    this.long(written)
    this.#end += this.#bytes.write(text, this.#end, 'utf8')
  }
}
