/**
 * What the emitter needs of its environment. The interfaces have only what it uses, in the form that kafkajs, pino and
 * prom-client have it, so their objects fit as they are.
 */

/** One Kafka message. */
export interface OutgoingMessage {
  readonly key: string
  readonly value: Buffer
  /** Milliseconds since the epoch, in decimal, as kafkajs takes it. */
  readonly timestamp: string
}

/**
 * A producer like kafkajs's. `send` resolves when the brokers have acknowledged every message, and rejects otherwise.
 */
export interface ProducerPort {
  connect(): Promise<void>
  send(batch: { topic: string; messages: OutgoingMessage[]; acks?: number }): Promise<unknown>
  disconnect(): Promise<void>
}

/** A log like pino's. */
export interface LoggerPort {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface CounterPort {
  inc(labels: Record<string, string>, value?: number): void
}

export interface GaugePort {
  set(labels: Record<string, string>, value: number): void
}

/** The emitter's metrics, all by `stream`. `prometheusMetrics` makes them with prom-client. Emitters may share them. */
export interface MetricsPort {
  /** Records by `outcome`: acknowledged, invalid, dropped, unconfirmed. */
  readonly records: CounterPort
  /** Sends that failed and were retried. */
  readonly retries: CounterPort
  /** Secrets that were replaced, by `kind`. */
  readonly redacted?: CounterPort
  /** Records that were dropped, by `reason`. */
  readonly dropped?: CounterPort
  /** Bytes that the spool has on disk. */
  readonly spoolBytes?: GaugePort
  /** What went wrong on disk, by `fault`: failed or torn. */
  readonly spoolFaults?: CounterPort
  /** Bytes waiting for Kafka. */
  readonly queuedBytes: GaugePort
}
