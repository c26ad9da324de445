import type { ExportFormat } from '../../../schemas/derive/export_formats.js'
import { ParquetTally } from './parquet_tally.js'

/** Counts the records of an export from the bytes that leave: what was sent, not what was asked for. */
export interface Tally {
  add(chunk: Buffer): void
  /** Whole records so far; of a Parquet file, which says at its end how many it has, none before that. */
  records(): number
}

export function tallyOf(format: ExportFormat): Tally {
  switch (format) {
    case 'ndjson':
    case 'ocsf':
      return new LineTally()
    case 'csv':
      return new CsvTally()
    case 'parquet':
      return new ParquetTally()
  }
}

const NEWLINE = 0x0a
const QUOTE = 0x22

class LineTally implements Tally {
  private lines = 0

  add(chunk: Buffer): void {
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, at + 1)) this.lines += 1
  }

  records(): number {
    return this.lines
  }
}

/** A line may end within quotation marks, and is then part of a text. One mark within a text is written as two, which changes nothing. */
class CsvTally implements Tally {
  private lines = 0
  private quoted = false

  add(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]
      if (byte === QUOTE) this.quoted = !this.quoted
      else if (byte === NEWLINE && !this.quoted) this.lines += 1
    }
  }

  /** The first line holds the names. */
  records(): number {
    return Math.max(0, this.lines - 1)
  }
}
