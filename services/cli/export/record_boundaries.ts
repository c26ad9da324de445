const NEWLINE = 0x0a
const QUOTE = 0x22

/**
 * Finds where records end while the bytes of a file arrive: the number of complete lines and the position of the last.
 */
export class RecordBoundaries {
  /** Complete lines. In CSV the first is the header. */
  lines = 0
  /** Start and end of the last complete line, in bytes. */
  last = { from: 0, to: 0 }
  private at = 0
  private quoted = false

  /** `quotes` is for CSV: a newline inside quotation marks does not end a record. */
  constructor(private readonly quotes: boolean) {}

  add(chunk: Uint8Array): void {
    for (const byte of chunk) {
      this.at += 1
      if (byte === QUOTE && this.quotes) this.quoted = !this.quoted
      else if (byte === NEWLINE && !this.quoted) {
        this.lines += 1
        this.last = { from: this.last.to, to: this.at }
      }
    }
  }
}
