import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import zlib from 'node:zlib'
import kafkajs, { CompressionTypes } from 'kafkajs'
import { type Compression, compressions } from '../../../schemas/kafka/compressions.js'
import { CompressionUnavailableError } from '../errors.js'

type Compress = (bytes: Buffer) => Promise<Uint8Array>

/** Node's own `require`, which finds what the program has installed. */
type Load = Pick<NodeJS.Require, 'resolve'> & ((name: string) => unknown)

/** kafkajs has gzip. The others come from packages that a program installs only if it uses them. */
const compressors: Readonly<
  Record<Exclude<Compression, 'none' | 'gzip'>, { type: CompressionTypes; open(load: Load): Compress }>
> = {
  snappy: { type: CompressionTypes.Snappy, open: (load) => required<{ compress: Compress }>(load, 'snappy').compress },
  lz4: {
    type: CompressionTypes.LZ4,
    open: (load) => required<{ compressFrame: Compress }>(load, 'lz4-napi').compressFrame,
  },
  zstd: { type: CompressionTypes.ZSTD, open: zstd },
}

/**
 * kafkajs's number of a compression, which can be used from now on. A codec that the program has given to kafkajs
 * itself is kept.
 *
 * @throws {CompressionUnavailableError} when a package is missing
 * @throws {TypeError} when there is no such compression
 */
export function compressionType(
  compression: Compression,
  load: Load = createRequire(import.meta.url),
): CompressionTypes {
  if (!compressions.includes(compression)) throw new TypeError(`compression must be one of ${compressions.join(', ')}`)
  if (compression === 'none') return CompressionTypes.None
  if (compression === 'gzip') return CompressionTypes.GZIP
  const { type, open } = compressors[compression]
  const { CompressionCodecs } = kafkajs
  const codecs = CompressionCodecs as Record<CompressionTypes, () => unknown>
  if (hasCodec(codecs[type])) return type
  const compress = open(load)
  codecs[type] = () => ({
    compress: async ({ buffer }: { readonly buffer: Buffer }) => asBuffer(await compress(buffer)),
    decompress: async () => {
      throw new CompressionUnavailableError(`The emitter only compresses. Give kafkajs a codec for ${compression}.`)
    },
  })
  return type
}

/** kafkajs's own entries throw. */
function hasCodec(codec: () => unknown): boolean {
  try {
    return codec() !== undefined
  } catch {
    return false
  }
}

function required<T>(load: Load, name: string): T {
  try {
    return load(name) as T
  } catch {
    throw missing(name)
  }
}

/** Node.js has zstd from 22.15 on. */
function zstd(load: Load): Compress {
  const { zstdCompress } = zlib as {
    zstdCompress?: (bytes: Buffer, done: (error: Error | null, r: Buffer) => void) => void
  }
  if (zstdCompress !== undefined) return promisify(zstdCompress)
  const name = '@hpcc-js/wasm-zstd'
  try {
    load.resolve(name)
  } catch {
    throw missing(name)
  }
  let loading: Promise<{ compress(bytes: Uint8Array): Uint8Array }> | undefined
  return async (bytes) => {
    loading ??= import('@hpcc-js/wasm-zstd').then(({ Zstd }) => Zstd.load())
    return (await loading).compress(bytes)
  }
}

function missing(name: string): CompressionUnavailableError {
  return new CompressionUnavailableError(`This compression needs a package: npm install ${name}`)
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}
