import { type BlockWriter, varintBytes } from './block_writer.js'
import type { Column } from './column.js'
import type { Source } from './source.js'

/**
 * A column of text, of the stream's field number `field`. Always sent as plain String, also to a LowCardinality column: ClickHouse makes
 * the dictionary. (Making it here saved 7 to 11 % of the CPU time of transcoding and insert, not enough for what it takes.)
 */
export function textColumn(name: string, field: number): Column {
  return {
    name,
    type: 'String',

    size({ positions: { lengths, capacity } }, rows) {
      const first = field * capacity
      let bytes = 0
      for (let i = 0; i < rows.length; i++) {
        const length = lengths[first + (rows[i] as number)] as number
        bytes += length + (length < 0x80 ? 1 : varintBytes(length))
      }
      return bytes
    },

    write({ source, positions: { starts, lengths, capacity } }, rows, block) {
      const first = field * capacity
      let at = block.at
      for (let i = 0; i < rows.length; i++) {
        const slot = first + (rows[i] as number)
        at = putText(source, starts[slot] as number, lengths[slot] as number, block, at)
      }
      block.at = at
    },
  }
}

/** Writes a text as a String at `at`; returns where the next one goes. Four bytes at a time: texts are too short for a call of the platform's. */
function putText({ bytes, view }: Source, start: number, length: number, block: BlockWriter, at: number): number {
  const target = block.view
  const tb = block.bytes
  if (length < 0x80) tb[at++] = length
  else {
    for (; length >= 1e9; );
    let rest = length
    for (; rest >= 0x80; rest >>>= 7) tb[at++] = (rest & 0x7f) | 0x80
    tb[at++] = rest
  }
  if (length < 4) {
    for (let i = 0; i < length; i++) tb[at + i] = bytes[start + i] as number
  } else {
    const last = length - 4
    for (let i = 0; i < last; i += 4) target.setInt32(at + i, view.getInt32(start + i, true), true)
    target.setInt32(at + last, view.getInt32(start + last, true), true)
  }
  return at + length
}
