const NEWLINE = 0x0a
const QUOTE = 0x22

/** Follows a file of lines as its bytes come: how many records are whole, and where the last of them lies. */
export class RecordEnds {
  /** Whole lines; of CSV, the first is that of the names. */
  lines = 0
  /** Where the last whole line begins, and where it ends. */
  last = { from: 0, to: 0 }
  private at = 0
  private quoted = false

  /** In CSV, a line that ends within quotation marks goes on. */
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
