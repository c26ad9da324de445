import type { WalkedGroup } from '../walked_group.js'
import type { BlockWriter } from './block_writer.js'

/** Writes one column of a Native block from the rows of a group. */
export interface Column {
  readonly name: string
  /** The type that the values are sent as. */
  readonly type: string
  /** Bytes that the values of `rows` take. */
  size(group: WalkedGroup, rows: Int32Array): number
  /** Writes exactly as many. */
  write(group: WalkedGroup, rows: Int32Array, block: BlockWriter): void
}
