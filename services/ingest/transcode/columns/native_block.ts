import { columns } from '../../../../schemas/derive/columns.js'
import type { Stream } from '../../../../schemas/streams/index.js'
import type { WalkedGroup } from '../walked_group.js'
import { BlockWriter, stringBytes, varintBytes } from './block_writer.js'
import type { Column } from './column.js'
import { fixedColumns } from './fixed_columns.js'
import { textColumn } from './text_column.js'

/** Gives memory of exactly so many bytes. */
export type Allocate = (bytes: number) => Uint8Array<ArrayBuffer>

/** A column's first memory, in bytes; it doubles up to the other. */
const FIRST_PIECE = 1024
const LAST_PIECE = 64 * 1024

/** A column of a stream's table, with what stands before its values in a block. */
export interface HeadedColumn {
  readonly column: Column
  readonly heading: Uint8Array<ArrayBuffer>
}

/**
 * The columns of a stream's table.
 *
 * @throws {Error} when the table has a column that nothing is known to fill
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
    throw new Error(
      `Nothing fills the column ${name} of ${stream.name}: add it to services/ingest/transcode/columns/fixed_columns.ts.`,
    )
  }
  return column
}

/** A block of ClickHouse's Native format that grows: counts, then each column with its name, its type and its values. */
export class NativeBlock {
  #rows = 0
  readonly #columns: readonly GrowingColumn[]

  constructor(columns: readonly HeadedColumn[], allocate: Allocate) {
    this.#columns = columns.map((column) => new GrowingColumn(column, allocate))
  }

  get rows(): number {
    return this.#rows
  }

  /** Writes rows of a group after those that are there. */
  append(group: WalkedGroup, rows: Int32Array): void {
    for (const column of this.#columns) column.append(group, rows)
    this.#rows += rows.length
  }

  /** The block as it is now, one piece after the other. */
  pieces(): readonly Uint8Array[] {
    const counts = new BlockWriter(Buffer.alloc(varintBytes(this.#columns.length) + varintBytes(this.#rows)))
    counts.varint(this.#columns.length)
    counts.varint(this.#rows)
    return [counts.bytes, ...this.#columns.flatMap((column) => column.pieces())]
  }
}

/** A column of which nobody knows how long it will be: it lies in several pieces. */
class GrowingColumn {
  readonly #column: Column
  readonly #allocate: Allocate
  readonly #full: Uint8Array[] = []
  /** The piece that is written to; at first the heading alone, which is full. */
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
