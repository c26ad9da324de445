import { createRequire } from 'node:module'
import type { Kafka } from 'kafkajs'
import { connectKafka, type KafkaConfig } from '../../runtime/kafka.js'
import type { Logger } from '../../runtime/telemetry.js'
import { ResponseBuffers } from '../memory/response_buffers.js'
import { framedSockets } from './framed_socket.js'

/** Kafka as ingest reads it. */
export interface Connection {
  readonly kafka: Kafka
  /** The memory that the connections of `kafka` put responses into. */
  readonly responses: ResponseBuffers
}

/** @throws {Error} when the kafkajs that is installed is not laid out as the one that this was written for */
export function connectForFetching(config: KafkaConfig, log: Logger): Connection {
  takeResponsesWhole()
  const responses = new ResponseBuffers()
  return { kafka: connectKafka(config, 'gatelog-ingest', log, framedSockets(responses)), responses }
}

/** The part of kafkajs's connection that puts responses together from what its socket brings. */
interface KafkajsConnection {
  chunks: Buffer[]
  processData(bytes: Buffer): void
}

const CONNECTION = 'kafkajs/src/network/connection'
let taken = false

/**
 * Has kafkajs take a response as the socket hands it over. It keeps what is left of the response before, which is nothing where responses
 * come whole, and joins the two: a copy of every byte, in memory made for it (docs/decisions/0006).
 */
function takeResponsesWhole(): void {
  if (taken) return
  const { prototype } = createRequire(import.meta.url)(CONNECTION) as { readonly prototype: KafkajsConnection }
  const { processData } = prototype
  if (typeof processData !== 'function') {
    throw new Error(`${CONNECTION} is not what it was in kafkajs 2.2.4: see services/ingest/fetch.`)
  }
  prototype.processData = function (bytes) {
    this.chunks = this.chunks.filter(({ length }) => length > 0)
    processData.call(this, bytes)
  }
  taken = true
}
