import { unzstd, zstdBytes } from '../../../runtime/zstd.js'
import { BatchFault } from '../batch_fault.js'
import { type Codec, MAX_BATCH_BYTES } from './codec.js'

/** zstd (RFC 8878). A batch is as large as its frames declare, or else at most what their blocks can hold. */
export const zstd: Codec = {
  declaredBytes: zstdBytes,

  async uncompress(compressed) {
    const size = zstdBytes(compressed)
    if (size > MAX_BATCH_BYTES) throw new BatchFault('batch_too_large')
    return unzstd(compressed, size)
  },
}
