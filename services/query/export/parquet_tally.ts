/**
 * A tally (`tally.ts`) that reads how many rows a Parquet file has out of its end: the metadata, their length in four bytes, and `PAR1` (Apache Parquet, "File Format").
 * So the end is kept while the file goes by.
 */
export class ParquetTally {
  private readonly chunks: Buffer[] = []
  private length = 0

  add(chunk: Buffer): void {
    this.chunks.push(chunk)
    this.length += chunk.length
    for (let oldest = this.chunks[0]; oldest && this.length - oldest.length >= MOST_METADATA; oldest = this.chunks[0]) {
      this.chunks.shift()
      this.length -= oldest.length
    }
  }

  records(): number {
    const end = Buffer.concat(this.chunks)
    const { length } = end
    if (length < 12 || end.toString('latin1', length - 4) !== 'PAR1') return 0
    const begin = length - 8 - end.readUInt32LE(length - 8)
    return begin < 0 ? 0 : rowsOf(new CompactReader(end.subarray(begin, length - 8)))
  }
}

/** A row group of 100,000 rows has some kilobytes of metadata. */
const MOST_METADATA = 4 * 1024 * 1024

/** `FileMetaData` of parquet.thrift: 1 version, 2 schema, 3 num_rows. */
function rowsOf(reader: CompactReader): number {
  for (let field = reader.field(0); field !== undefined; field = reader.field(field.id)) {
    if (field.id === 3) return reader.integer()
    reader.skip(field.type)
  }
  return 0
}

/** The Thrift compact protocol, as far as it takes to pass over what is not asked for. */
class CompactReader {
  private at = 0

  constructor(private readonly bytes: Buffer) {}

  /** The head of a structure's next field; undefined at its end. */
  field(previous: number): { readonly id: number; readonly type: number } | undefined {
    const head = this.byte()
    if (head === STOP) return undefined
    const type = head & 0x0f
    return { id: head >> 4 === 0 ? this.integer() : previous + (head >> 4), type }
  }

  /** A zigzag number. */
  integer(): number {
    const value = this.unsigned()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  skip(type: number): void {
    switch (type) {
      case TRUE:
      case FALSE:
        return
      case BYTE:
        this.at += 1
        return
      case DOUBLE:
        this.at += 8
        return
      case BINARY: {
        const length = this.unsigned()
        this.at += length
        return
      }
      case LIST:
      case SET:
        this.skipList()
        return
      case STRUCT:
        for (let field = this.field(0); field !== undefined; field = this.field(field.id)) this.skip(field.type)
        return
      default:
        this.unsigned()
    }
  }

  private skipList(): void {
    const head = this.byte()
    const size = head >> 4 === 15 ? this.unsigned() : head >> 4
    for (let left = size; left > 0; left--) {
      const type = head & 0x0f
      // In a list, a truth value takes a byte.
      this.skip(type === TRUE || type === FALSE ? BYTE : type)
    }
  }

  private unsigned(): number {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte()
      value += (byte & 0x7f) * factor
      if (byte < 128) return value
    }
  }

  private byte(): number {
    return this.bytes.readUInt8(this.at++)
  }
}

const STOP = 0
const TRUE = 1
const FALSE = 2
const BYTE = 3
const DOUBLE = 7
const BINARY = 8
const LIST = 9
const SET = 10
const STRUCT = 12
