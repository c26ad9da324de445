import { Gauge, type Registry } from 'prom-client'
import type { PartitionStatus } from './partition/status.js'

export type ReadStatuses = () => readonly PartitionStatus[]

/** The gauges of a worker's partitions. They are read from the partitions whenever they are scraped. */
export function statusGauges(registry: Registry, read: ReadStatuses): void {
  const registers = [registry]
  new Gauge({
    name: 'gatelog_ingest_halted_partitions',
    help: 'Partitions of this worker that are halted',
    labelNames: ['stream'],
    registers,
    collect() {
      this.reset()
      for (const { stream, halted } of read()) this.inc({ stream }, halted ? 1 : 0)
    },
  })
  new Gauge({
    name: 'gatelog_ingest_lag_records',
    help: 'Records that Kafka holds and ClickHouse does not',
    labelNames: ['topic', 'partition'],
    registers,
    collect() {
      this.reset()
      for (const { topic, partition, lag } of read()) if (lag !== undefined) this.set({ topic, partition }, lag.records)
    },
  })
  new Gauge({
    name: 'gatelog_ingest_lag_seconds',
    help: 'Age of the oldest record that is not stored; 0 when every record is',
    labelNames: ['topic', 'partition'],
    registers,
    collect() {
      this.reset()
      for (const { topic, partition, lag } of read()) if (lag !== undefined) this.set({ topic, partition }, lag.seconds)
    },
  })
}

/** What `/readyz` says of the partitions that can't store records now; undefined when all can. */
export function problemsOf(statuses: readonly PartitionStatus[]): string | undefined {
  const problems = statuses.flatMap(({ topic, partition, problem }) =>
    problem === undefined ? [] : [`${topic}-${partition}: ${problem}`],
  )
  return problems.length === 0 ? undefined : problems.join('; ')
}
