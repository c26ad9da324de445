import { columns } from '../../../../schemas/derive/columns.js'
import type { Stream } from '../../../../schemas/streams/index.js'
import type { WalkedGroup } from '../walked_group.js'
import { BlockWriter, stringBytes, varintBytes } from './block_writer.js'
import type { Column } from './column.js'
import { fixedColumns } from './fixed_columns.js'
import { textColumn } from './text_column.js'

/** Returns memory of exactly `bytes` bytes. */
export type Allocate = (bytes: number) => Uint8Array<ArrayBuffer>

/** Size of a column's first piece in bytes. Each piece is twice as large as the one before, up to `LAST_PIECE`. */
const FIRST_PIECE = 1024
const LAST_PIECE = 64 * 1024

/** A column of a stream's table, with the bytes before its values in a block. */
export interface HeadedColumn {
  readonly column: Column
  readonly heading: Uint8Array<ArrayBuffer>
}

/**
 * The columns of a stream's table.
 *
 * @throws {Error} when the table has a column that nothing fills
 */
export function headedColumns(stream: Stream): readonly HeadedColumn[] {
  return columns(stream).map(({ name }) => {
    const column = columnNamed(stream, name)
    return { column, heading: Buffer.concat([stringBytes(column.name), stringBytes(column.type)]) }
  })
}

function columnNamed(stream: Stream, name: string): Column {
  const field = stream.fields.findIndex((candidate) => candidate.name === name)
  const column = field === -1 ? fixedColumns.find((candidate) => candidate.name === name) : textColumn(name, field)
  if (column === undefined) {
    throw new Error(`Nothing fills the column ${name} of ${stream.name}: add it to transcode/columns/fixed_columns.ts.`)
  }
  return column
}

/** A growing block of ClickHouse's Native format: counts, then the name, type and values of each column. */
export class NativeBlock {
  #rows = 0
  readonly #columns: readonly GrowingColumn[]

  constructor(columns: readonly HeadedColumn[], allocate: Allocate) {
    this.#columns = columns.map((column) => new GrowingColumn(column, allocate))
  }

  get rows(): number {
    return this.#rows
  }

  /** Appends rows of a group. */
  append(group: WalkedGroup, rows: Int32Array): void {
    for (const column of this.#columns) column.append(group, rows)
    this.#rows += rows.length
  }

  /** The block so far, in consecutive pieces. */
  pieces(): readonly Uint8Array[] {
    const counts = new BlockWriter(Buffer.alloc(varintBytes(this.#columns.length) + varintBytes(this.#rows)))
    counts.varint(this.#columns.length)
    counts.varint(this.#rows)
    return [counts.bytes, ...this.#columns.flatMap((column) => column.pieces())]
  }
}

/** A column of unknown final size, in several pieces. */
class GrowingColumn {
  readonly #column: Column
  readonly #allocate: Allocate
  readonly #full: Uint8Array[] = []
  /** The piece that is written to. The first one is the heading, which is full. */
  #piece: BlockWriter

  constructor({ column, heading }: HeadedColumn, allocate: Allocate) {
    this.#column = column
    this.#allocate = allocate
    this.#piece = new BlockWriter(heading)
    this.#piece.at = heading.length
  }

  append(group: WalkedGroup, rows: Int32Array): void {
    const size = this.#column.size(group, rows)
    const { length } = this.#piece.bytes
    if (this.#piece.at + size > length) {
      this.#full.push(this.#written)
      this.#piece = new BlockWriter(this.#allocate(Math.max(size, FIRST_PIECE, Math.min(2 * length, LAST_PIECE))))
    }
    this.#column.write(group, rows, this.#piece)
  }

  pieces(): readonly Uint8Array[] {
    return [...this.#full, this.#written]
  }

  get #written(): Uint8Array {
    return this.#piece.bytes.subarray(0, this.#piece.at)
  }
}
