/** How a producer may compress record batches, in Kafka's words (`compression.type`). */
export const compressions = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
export type Compression = (typeof compressions)[number]
