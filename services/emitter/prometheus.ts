import type { CounterPort, GaugePort, MetricsPort } from './ports.js'

/** The part of prom-client that the emitter uses. */
export interface PrometheusClient<R> {
  readonly Counter: new (options: { name: string; help: string; labelNames: string[]; registers: R[] }) => CounterPort
  readonly Gauge: new (options: { name: string; help: string; labelNames: string[]; registers: R[] }) => GaugePort
}

/** Creates the emitters' metrics in a registry of prom-client. Call it once: emitters of several streams share them. */
export function prometheusMetrics<R>(client: PrometheusClient<R>, registry: R): MetricsPort {
  const registers = [registry]
  return {
    records: new client.Counter({
      name: 'gatelog_emitter_records_total',
      help: 'Records emitted, by outcome: acknowledged, invalid, dropped or unconfirmed',
      labelNames: ['stream', 'outcome'],
      registers,
    }),
    retries: new client.Counter({
      name: 'gatelog_emitter_retries_total',
      help: 'Sends to Kafka that failed and were retried',
      labelNames: ['stream'],
      registers,
    }),
    redacted: new client.Counter({
      name: 'gatelog_emitter_redacted_total',
      help: 'Secrets replaced before records left the host, by kind',
      labelNames: ['stream', 'kind'],
      registers,
    }),
    dropped: new client.Counter({
      name: 'gatelog_emitter_dropped_total',
      help: 'Records that were lost before they reached Kafka, by reason',
      labelNames: ['stream', 'reason'],
      registers,
    }),
    spoolBytes: new client.Gauge({
      name: 'gatelog_emitter_spool_bytes',
      help: 'Bytes of records on disk that Kafka has not acknowledged',
      labelNames: ['stream'],
      registers,
    }),
    spoolFaults: new client.Counter({
      name: 'gatelog_emitter_spool_faults_total',
      help: 'Faults of the folder for the spool: failed or torn',
      labelNames: ['stream', 'fault'],
      registers,
    }),
    queuedBytes: new client.Gauge({
      name: 'gatelog_emitter_queued_bytes',
      help: 'Bytes of records waiting for Kafka',
      labelNames: ['stream'],
      registers,
    }),
  }
}
