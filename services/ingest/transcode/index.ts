export type { PoisonRecord } from './avro/range_walk.js'
export { NOT_AVRO, type Registry, type ReleasedSchemas, SchemaNotFetchedError } from './columns/writers.js'
export type { RangeBytes, RangeRecords } from './range_records.js'
export { type Fault, type Reason, reasons } from './reasons.js'
export { INSPECTED_ONE_IN, type SecretCounts } from './secret_inspection.js'
export {
  createTranscoder,
  type DayBlock,
  type Provenance,
  type TranscodeResult,
  type Transcoder,
  type TranscoderOptions,
} from './transcoder.js'
