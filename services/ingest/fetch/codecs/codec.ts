/**
 * The most bytes of records that one batch may have uncompressed. It is a constant and not a setting, so that every
 * worker decides the same about a batch.
 */
export const MAX_BATCH_BYTES = 64 * 1024 * 1024

/** One of Kafka's compression codecs. */
export interface Codec {
  /**
   * The uncompressed size that the headers declare, in bytes: what the caller should reserve. The real size differs
   * only if the headers are wrong, or for unusual forms such as concatenated gzip members.
   *
   * @throws {RangeError} when the bytes are malformed
   */
  declaredBytes(compressed: Buffer): number
  /**
   * Uncompresses a batch's records. Never returns, nor allocates for its result, more than `MAX_BATCH_BYTES`.
   *
   * @throws {BatchFault} with `batch_too_large`
   * @throws {Error} any other error when the bytes are malformed
   */
  uncompress(compressed: Buffer): Buffer | Promise<Buffer>
}
