import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { BatchFault } from '../batch_fault.js'
import { type Codec, MAX_BATCH_BYTES } from './codec.js'

/** RFC 1952: a member ends with its uncompressed size modulo 2^32. */
const SIZE_BYTES = 4
/** Deflate can't do better: 258 bytes from two bits. */
const MAX_RATIO = 1032

const run = promisify(gunzip)

/** gzip (RFC 1952), on a thread of libuv's pool. */
export const gzip: Codec = {
  declaredBytes: (compressed) =>
    Math.min(compressed.readUInt32LE(compressed.length - SIZE_BYTES), compressed.length * MAX_RATIO),

  async uncompress(compressed) {
    try {
      return await run(compressed, { maxOutputLength: MAX_BATCH_BYTES })
    } catch (error) {
      if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') throw new BatchFault('batch_too_large')
      throw error
    }
  },
}
