import type { WalkedGroup } from '../walked_group.js'
import type { BlockWriter } from './block_writer.js'

/** Writes one column of a Native block from rows of a group. */
export interface Column {
  readonly name: string
  /** The ClickHouse type of the values that are sent. */
  readonly type: string
  /** Size of the values of `rows` in bytes. */
  size(group: WalkedGroup, rows: Int32Array): number
  /** Writes exactly `size` bytes. */
  write(group: WalkedGroup, rows: Int32Array, block: BlockWriter): void
}
