export type { Poison } from './avro/range_walk.js'
export { type Registry, type ReleasedSchemas, SchemaNotFetchedError } from './columns/writers.js'
export type { Data, RecordRange } from './range.js'
export { type Fault, type Reason, reasons } from './reasons.js'
export {
  createTranscoder,
  type DayBlock,
  type Provenance,
  type Transcoded,
  type Transcoder,
  type TranscoderOptions,
} from './transcoder.js'
