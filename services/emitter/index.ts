/** Gatelog's emitter: the stages of an authentication pipeline use it to write their audit records. */

export type { Compression } from '../../schemas/kafka/compressions.js'
export {
  type Audit,
  type AuthAudit,
  audits,
  authAudits,
  events,
  type RecordOf,
  type Stream,
} from '../../schemas/streams/index.js'
export type { EmitterConfig } from './config.js'
export { type Attempt, continueAttempt, currentAttempt, withAttempt } from './context/attempt.js'
export { activeContext, type Context, noContext } from './context/fill.js'
export { kafkaProducer, type ProducerOptions } from './delivery/kafka_producer.js'
export { createEmitter, type Emitted, type Emitter } from './emitter.js'
export {
  ClosedError,
  CompressionUnavailableError,
  describeFault,
  type Fault,
  InvalidRecordError,
  QueueFullError,
  RecordRejectedError,
  SpoolLockedError,
} from './errors.js'
export type { EmitterStats } from './events.js'
export { type EmittedRecord, type InMemoryEmitter, inMemoryEmitter } from './in_memory.js'
export type { LoggerPort, MetricsPort, OutgoingMessage, ProducerPort } from './ports.js'
export { prometheusMetrics } from './prometheus.js'
export type { SecretKind } from './redaction/kinds.js'
export type { RedactionOptions } from './redaction/record.js'
export { looksLikePassword } from './redaction/user_name.js'
export type { RegistryAccess } from './registry/client.js'
export { confluentFraming, type Framing, type FramingOptions } from './registry/framing.js'
export { RegistryError } from './registry/registry_error.js'
export type { SpoolOptions, SyncPolicy } from './spool/options.js'
