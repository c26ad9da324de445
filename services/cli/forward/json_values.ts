import type { Line } from '../lines.js'

const [NEWLINE, QUOTE, BACKSLASH, COMMA] = [0x0a, 0x22, 0x5c, 0x2c]
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d]
const BLANKS: ReadonlySet<number> = new Set([0x20, 0x09, 0x0d, NEWLINE])

/**
 * The objects of a stream of JSON: one a line, lists of them, or either printed over many lines. Each is text with the
 * line where it begins, and memory holds one at a time. What is no object is a fault, and reading goes on after its
 * line. So it does at an object that begins in the first column while another is open: that one was cut off.
 */
export async function* readObjects(input: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Line> {
  const scanner = new Scanner(maxBytes)
  for await (const chunk of input) yield* scanner.scan(chunk)
  yield* scanner.end()
}

class Scanner {
  #line = 1
  #column = 0
  /** Open brackets of the object that is being read; 0 between objects. */
  #depth = 0
  #inText = false
  #escaped = false
  #inList = false
  #skipping = false
  #pieces: Uint8Array[] = []
  #bytes = 0
  #begin = 0

  constructor(private readonly maxBytes: number) {}

  *scan(chunk: Uint8Array): Generator<Line> {
    let from = 0
    for (const [index, byte] of chunk.entries()) {
      this.#column += 1
      if (byte === OPEN_OBJECT && this.#column === 1 && this.#depth > 0) {
        yield this.#fault('it ends before its last bracket')
      }
      if (this.#depth > 0) {
        if (byte === NEWLINE && this.#inText) {
          yield this.#fault('a text ends within the line')
        } else if (this.#within(byte)) {
          yield this.#finish(chunk.subarray(from, index + 1))
        }
      } else if (this.#begins(byte)) {
        from = index
        this.#begin = this.#line
        this.#depth = 1
      } else if (!this.#skipping && !this.#between(byte)) {
        this.#skipping = true
        this.#begin = this.#line
        yield this.#fault('is not a JSON object')
      }
      if (byte === NEWLINE) {
        this.#line += 1
        this.#column = 0
        this.#skipping = false
      }
    }
    if (this.#depth > 0) this.#keep(chunk.subarray(from))
  }

  *end(): Generator<Line> {
    if (this.#depth > 0) yield this.#fault('it ends before its last bracket')
  }

  #begins(byte: number): boolean {
    return byte === OPEN_OBJECT && !this.#skipping
  }

  /** Whether a byte may stand between objects. */
  #between(byte: number): boolean {
    if (byte === OPEN_LIST && !this.#inList) this.#inList = true
    else if (byte === CLOSE_LIST && this.#inList) this.#inList = false
    else return BLANKS.has(byte) || (byte === COMMA && this.#inList)
    return true
  }

  /** Follows a byte of an object; true at its last bracket. */
  #within(byte: number): boolean {
    if (this.#escaped) this.#escaped = false
    else if (this.#inText) {
      if (byte === BACKSLASH) this.#escaped = true
      else if (byte === QUOTE) this.#inText = false
    } else if (byte === QUOTE) this.#inText = true
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) this.#depth += 1
    else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) this.#depth -= 1
    return this.#depth === 0
  }

  /** Keeps bytes of an object that goes on in the next chunk. One that is too long is only counted. */
  #keep(piece: Uint8Array): void {
    this.#bytes += piece.length
    if (this.#bytes > this.maxBytes) this.#pieces = []
    else this.#pieces.push(piece)
  }

  #finish(piece: Uint8Array): Line {
    this.#keep(piece)
    const bytes = this.#bytes
    const whole = Buffer.concat(this.#pieces)
    this.#reset()
    const number = this.#begin
    if (bytes > this.maxBytes) return { number, fault: `the object is longer than ${this.maxBytes} bytes` }
    try {
      return { number, text: new TextDecoder('utf-8', { fatal: true }).decode(whole) }
    } catch {
      return { number, fault: 'the object is not UTF-8' }
    }
  }

  #fault(fault: string): Line {
    this.#reset()
    return { number: this.#begin, fault }
  }

  #reset(): void {
    this.#depth = 0
    this.#inText = false
    this.#escaped = false
    this.#pieces = []
    this.#bytes = 0
  }
}
