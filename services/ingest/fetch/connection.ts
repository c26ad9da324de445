import type { Kafka } from 'kafkajs'
import { connectKafka, type KafkaConfig } from '../../runtime/kafka.js'
import type { Logger } from '../../runtime/telemetry.js'
import { ResponseBuffers } from '../memory/response_buffers.js'
import { framedSockets } from './framed_socket.js'
import { readWholeBatches } from './kafkajs_internals.js'

/** A connection to Kafka whose consumers fetch whole record batches. */
export interface Connection {
  readonly kafka: Kafka
  /** The memory that the connections of `kafka` put responses into. */
  readonly responses: ResponseBuffers
}

/** @throws {Error} when the installed kafkajs differs from the one that ingest was written for */
export function connectForFetching(config: KafkaConfig, log: Logger): Connection {
  const responses = new ResponseBuffers()
  readWholeBatches(responses)
  return { kafka: connectKafka(config, 'gatelog-ingest', log, framedSockets(responses)), responses }
}
