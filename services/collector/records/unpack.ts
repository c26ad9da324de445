import { promisify } from 'node:util'
import { gunzip, inflateRaw, type ZlibOptions } from 'node:zlib'
import { unzstd, zstdBytes } from '../../runtime/zstd.js'
import { tooLarge, type UnpackedBudget } from './unpacked_budget.js'

/** How bytes can be packed: by HTTP's names, and deflate as Avro has it, without a header. */
export type Packing = 'gzip' | 'zstd' | 'deflate'

const run = { gzip: promisify(gunzip), deflate: promisify(inflateRaw) }

/**
 * Unpacks bytes within a budget: not more is ever allocated.
 *
 * @throws {Problem} 413 when they are more than the budget unpacked
 * @throws {Error} any other when they are malformed
 */
export async function unpack(packed: Buffer, packing: Packing, budget: UnpackedBudget): Promise<Buffer> {
  const unpacked =
    packing === 'zstd' ? await unpackZstd(packed, budget.left) : await unpackZlib(packed, packing, budget)
  budget.take(unpacked.length)
  return unpacked
}

async function unpackZlib(packed: Buffer, packing: 'gzip' | 'deflate', { left }: UnpackedBudget): Promise<Buffer> {
  const options: ZlibOptions = { maxOutputLength: left + 1 }
  try {
    return (await run[packing](packed, options)) as Buffer
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge()
    throw error
  }
}

async function unpackZstd(packed: Buffer, left: number): Promise<Buffer> {
  const most = zstdBytes(packed)
  // Frames need not declare their size, and what their blocks can hold may be far more than they have.
  if (most <= left) return unzstd(packed, most)
  return unzstd(packed, left).catch(() => {
    throw tooLarge()
  })
}
