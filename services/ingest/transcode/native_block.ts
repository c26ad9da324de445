import { columns } from '../../../schemas/derive/columns.js'
import type { Stream } from '../../../schemas/streams/index.js'
import type { Batch } from './batch.js'
import { BlockWriter, stringBytes, varintBytes } from './block_writer.js'
import type { Column } from './column.js'
import { fixedColumns } from './fixed_columns.js'
import { textColumn } from './text_column.js'

/** Writes rows of a batch as one block of ClickHouse's Native format: counts, then each column with its name, its type and its values. */
export type BlockOf = (batch: Batch, rows: Int32Array) => Uint8Array<ArrayBuffer>

/**
 * What writes the blocks of a stream's table.
 *
 * @throws {Error} when the table has a column that nothing is known to fill
 */
export function blockWriter(stream: Stream): BlockOf {
  const written = columns(stream).map(({ name }) => {
    const column = columnNamed(stream, name)
    return { column, heading: Buffer.concat([stringBytes(column.name), stringBytes(column.type)]) }
  })

  return (batch, rows) => {
    let size = varintBytes(written.length) + varintBytes(rows.length)
    for (const { column, heading } of written) size += heading.length + column.size(batch, rows)

    const block = new BlockWriter(size)
    block.varint(written.length)
    block.varint(rows.length)
    for (const { column, heading } of written) {
      block.raw(heading)
      column.write(batch, rows, block)
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
