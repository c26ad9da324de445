import type { WalkedGroup } from '../walked_group.js'
import type { BlockWriter } from './block_writer.js'
import type { Column } from './column.js'

/** The columns of fixed width: event id, time, and where the record came from. */
export const fixedColumns: readonly Column[] = [
  varying('event_id', 'UUID', 16, ({ source, spans: { eventIds } }, rows, block) => {
    for (let i = 0; i < rows.length; i++) putUuid(source.view, eventIds[rows[i] as number] as number, block)
  }),
  varying('time', "DateTime64(6, 'UTC')", 8, ({ spans: { times } }, rows, block) => {
    for (let i = 0; i < rows.length; i++) block.int64(times[rows[i] as number] as number)
  }),
  constant('ingested_at', "DateTime64(3, 'UTC')", 8, ({ ingestedAt }, block) => block.int64(ingestedAt)),
  constant('topic_id', 'UUID', 16, ({ topicId }, block) => {
    putUuid(new DataView(topicId.buffer, topicId.byteOffset, topicId.byteLength), 0, block)
  }),
  constant('kafka_partition', 'UInt32', 4, ({ partition }, block) => block.int32(partition)),
  varying('kafka_offset', 'UInt64', 8, ({ offsets }, rows, block) => {
    for (let i = 0; i < rows.length; i++) block.int64(offsets[rows[i] as number] as number)
  }),
]

function varying(name: string, type: string, width: number, write: Column['write']): Column {
  return { name, type, size: (_, rows) => width * rows.length, write }
}

/** A column with one value for all rows of a range; `put` writes it once. */
function constant(
  name: string,
  type: string,
  width: number,
  put: (group: WalkedGroup, block: BlockWriter) => void,
): Column {
  return varying(name, type, width, (group, rows, block) => {
    put(group, block)
    block.repeat(width, rows.length)
  })
}

/** ClickHouse stores a UUID as two 64-bit halves in order, each little-endian. */
function putUuid(view: DataView, at: number, block: BlockWriter): void {
  block.int32(view.getInt32(at + 4))
  block.int32(view.getInt32(at))
  block.int32(view.getInt32(at + 12))
  block.int32(view.getInt32(at + 8))
}
