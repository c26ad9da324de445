import type { BlockWriter } from './block_writer.js'
import type { Column } from './column.js'

/** The columns of values of one width, by name: the envelope's and the provenance. */
export const fixedColumns: readonly Column[] = [
  fixed('event_id', 'UUID', 16, ({ source, positions: { eventIds } }, rows, block) => {
    for (const row of rows) uuid(source.view, eventIds[row] as number, block)
  }),
  fixed('time', "DateTime64(6, 'UTC')", 8, ({ positions: { times } }, rows, block) => {
    for (const row of rows) block.int64(times[row] as number)
  }),
  fixed('ingested_at', "DateTime64(3, 'UTC')", 8, ({ ingestedAt }, rows, block) => {
    for (const _ of rows) block.int64(ingestedAt)
  }),
  fixed('topic_id', 'UUID', 16, ({ topicId }, rows, block) => {
    const view = new DataView(topicId.buffer, topicId.byteOffset, topicId.byteLength)
    for (const _ of rows) uuid(view, 0, block)
  }),
  fixed('kafka_partition', 'UInt32', 4, ({ partition }, rows, block) => {
    for (const _ of rows) block.int32(partition)
  }),
  fixed('kafka_offset', 'UInt64', 8, ({ offsets }, rows, block) => {
    for (const row of rows) block.int64(offsets[row] as number)
  }),
]

function fixed(name: string, type: string, width: number, write: Column['write']): Column {
  return { name, type, size: (_, rows) => rows.length * width, write }
}

/** ClickHouse holds a UUID as two 64-bit halves, the first one first, each little-endian. */
function uuid(view: DataView, at: number, block: BlockWriter): void {
  block.int32(view.getInt32(at + 4))
  block.int32(view.getInt32(at))
  block.int32(view.getInt32(at + 12))
  block.int32(view.getInt32(at + 8))
}
