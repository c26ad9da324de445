import { columns } from '../../../schemas/derive/columns.js'
import type { Stream } from '../../../schemas/streams/index.js'
import type { Batch } from './batch.js'
import { BlockWriter, stringBytes, varintBytes } from './block_writer.js'
import type { Column } from './column.js'
import { fixedColumns } from './fixed_columns.js'
import { textColumn } from './text_column.js'

/** Writes rows of a batch as one block of ClickHouse's Native format: counts, then each column with its name, its type and its values. */
export type BlockOf = (batch: Batch, rows: Int32Array) => Uint8Array<ArrayBuffer>

/** Gives memory of exactly so many bytes. */
export type Allocate = (bytes: number) => Uint8Array<ArrayBuffer>

/** Rows of which all columns are written before the next rows': their records stay in the processor's cache meanwhile. */
const ROWS_AT_ONCE = 256

/**
 * What writes the blocks of a stream's table.
 *
 * @throws {Error} when the table has a column that nothing is known to fill
 */
export function blockWriter(stream: Stream, allocate: Allocate): BlockOf {
  const written = columns(stream).map(({ name }) => {
    const column = columnNamed(stream, name)
    return { column, heading: Buffer.concat([stringBytes(column.name), stringBytes(column.type)]) }
  })

  return (batch, rows) => {
    const sizes = written.map(({ column }) => column.size(batch, rows))
    let size = varintBytes(written.length) + varintBytes(rows.length)
    for (const [index, { heading }] of written.entries()) size += heading.length + (sizes[index] as number)

    const block = new BlockWriter(allocate(size))
    block.varint(written.length)
    block.varint(rows.length)
    // Where the next value of each column goes.
    const next = written.map(({ heading }, index) => {
      block.raw(heading)
      const first = block.at
      block.at += sizes[index] as number
      return first
    })
    for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
      const some = rows.subarray(from, from + ROWS_AT_ONCE)
      for (const [index, { column }] of written.entries()) {
        block.at = next[index] as number
        column.write(batch, some, block)
        next[index] = block.at
      }
    }
    return block.bytes
  }
}

function columnNamed(stream: Stream, name: string): Column {
  const field = stream.fields.findIndex((candidate) => candidate.name === name)
  const column = field === -1 ? fixedColumns.find((candidate) => candidate.name === name) : textColumn(name, field)
  if (column === undefined) {
    throw new Error(
      `Nothing fills the column ${name} of ${stream.name}: add it to services/ingest/transcode/fixed_columns.ts.`,
    )
  }
  return column
}
