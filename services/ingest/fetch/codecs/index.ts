import type { Codec } from './codec.js'
import { gzip } from './gzip.js'
import { lz4 } from './lz4.js'
import { snappy } from './snappy.js'
import { zstd } from './zstd.js'

export { type Codec, MAX_BATCH_BYTES } from './codec.js'

/** Kafka's compression codecs by their number in a batch's attributes; 0 means none. */
export const codecs: ReadonlyMap<number, Codec> = new Map([
  [1, gzip],
  [2, snappy],
  [3, lz4],
  [4, zstd],
])
