import type { ExportFormat } from '../../../schemas/derive/export_formats.js'
import { ParquetTally } from './parquet_tally.js'

/** Counts the records of an export in the bytes that are sent, not in those that were asked for. */
export interface Tally {
  add(chunk: Buffer): void
  /**
   * The complete records so far. A Parquet file has its number of records at its end, so it is 0 before that. Undefined
   * when that end is too large to keep, so that the number is not known.
   */
  records(): number | undefined
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

/**
 * A line break within quotation marks is part of a value. A quotation mark in a value is doubled, which does not change
 * the count.
 */
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
