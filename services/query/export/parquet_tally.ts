import { parquetMetadata } from 'hyparquet'
import type { Tally } from './tally.js'

/**
 * Reads the number of rows from the end of a Parquet file: the metadata, their length in four bytes, and `PAR1` (Apache
 * Parquet, "File Format"). Where the metadata begins is known only at the end, so the tally keeps the last bytes that
 * have passed.
 */
export class ParquetTally implements Tally {
  private readonly chunks: Buffer[] = []
  private kept = 0
  private total = 0

  add(chunk: Buffer): void {
    this.chunks.push(chunk)
    this.kept += chunk.length
    this.total += chunk.length
    for (let oldest = this.chunks[0]; oldest && this.kept - oldest.length >= MAX_KEPT; oldest = this.chunks[0]) {
      this.chunks.shift()
      this.kept -= oldest.length
    }
  }

  records(): number | undefined {
    const end = Buffer.concat(this.chunks)
    if (end.length < 12 || end.toString('latin1', end.length - 4) !== 'PAR1') return 0
    const length = end.readUInt32LE(end.length - 8) + 8
    if (length > this.total) return 0
    if (length > end.length) return undefined
    // hyparquet reads an ArrayBuffer, and a Buffer may be a part of one.
    return rowsOf(new Uint8Array(end.subarray(end.length - length)).buffer)
  }
}

/**
 * Each row group of 100,000 rows has some kilobytes of metadata, so this is enough for about a hundred million rows.
 */
const MAX_KEPT = 4 * 1024 * 1024

function rowsOf(metadata: ArrayBuffer): number {
  try {
    return Number(parquetMetadata(metadata).num_rows)
  } catch {
    // The bytes at the end look like a length and `PAR1` by chance: the file was cut off there.
    return 0
  }
}
