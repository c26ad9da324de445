import { varintBytes } from './block_writer.js'
import type { Column } from './column.js'

/**
 * A column of text, of the stream's field number `field`. Always sent as plain String, also to a LowCardinality column: ClickHouse makes
 * the dictionary. Making it here was measured to save a tenth of the CPU time of transcoding and insert into a plain table, and nothing
 * that stood out of the noise into the shipped one: not enough for what it takes.
 */
export function textColumn(name: string, field: number): Column {
  return {
    name,
    type: 'String',

    size({ spans: { lengths, capacity } }, rows) {
      const first = field * capacity
      let bytes = 0
      for (let i = 0; i < rows.length; i++) {
        const length = lengths[first + (rows[i] as number)] as number
        bytes += length + (length < 0x80 ? 1 : varintBytes(length))
      }
      return bytes
    },

    write({ source, spans: { starts, lengths, capacity } }, rows, block) {
      const from = source.bytes
      const fromView = source.view
      const to = block.bytes
      const toView = block.view
      const first = field * capacity
      let at = block.at
      for (let i = 0; i < rows.length; i++) {
        const slot = first + (rows[i] as number)
        const start = starts[slot] as number
        const length = lengths[slot] as number
        let rest = length
        for (; rest >= 0x80; rest >>>= 7) to[at++] = (rest & 0x7f) | 0x80
        to[at++] = rest
        // Eight bytes at a time, the last eight once more: most texts are so short that a call of the platform's for each would take longer.
        // As numbers they stay what they are: no eight bytes of sound UTF-8 are a NaN.
        if (length < 8) {
          for (let byte = 0; byte < length; byte++) to[at + byte] = from[start + byte] as number
        } else {
          const last = length - 8
          for (let byte = 0; byte < last; byte += 8)
            toView.setFloat64(at + byte, fromView.getFloat64(start + byte, true), true)
          toView.setFloat64(at + last, fromView.getFloat64(start + last, true), true)
        }
        at += length
      }
      block.at = at
    },
  }
}
