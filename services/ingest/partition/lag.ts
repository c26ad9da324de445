import { Gauge, type Registry } from 'prom-client'

/** How far a worker is behind, per partition, in offsets and in seconds. */
export interface Lag {
  fetched(topic: string, partition: number, firstOffset: number, oldestTimestamp: number): void
  watermark(topic: string, partition: number, offset: number): void
  stored(topic: string, partition: number, next: number, newestTimestamp: number): void
  forget(topic: string, partition: number): void
}

interface Partition {
  readonly labels: { readonly topic: string; readonly partition: string }
  /** The offset that Kafka will give to the next record. */
  end: number
  next: number | undefined
  /** When Kafka took the oldest record that may not be stored yet, in milliseconds. */
  waitingSince: number
}

/** Lag as two gauges, worked out when they are read: a partition that stands still falls behind all the same. */
export function createLag(registry: Registry, now: () => number = Date.now): Lag {
  const partitions = new Map<string, Partition>()
  const lagOf = ({ end, next }: Partition) => (next === undefined ? 0 : Math.max(0, end - next))

  new Gauge({
    name: 'gatelog_ingest_lag_offsets',
    help: 'Records that Kafka holds and ClickHouse does not yet',
    labelNames: ['topic', 'partition'],
    registers: [registry],
    collect() {
      this.reset()
      for (const partition of partitions.values()) this.set(partition.labels, lagOf(partition))
    },
  })
  new Gauge({
    name: 'gatelog_ingest_lag_seconds',
    help: 'How long the oldest record that is not stored has been waiting',
    labelNames: ['topic', 'partition'],
    registers: [registry],
    collect() {
      this.reset()
      for (const partition of partitions.values()) {
        const waiting = lagOf(partition) > 0 && partition.waitingSince > 0
        this.set(partition.labels, waiting ? Math.max(0, now() - partition.waitingSince) / 1000 : 0)
      }
    },
  })

  function of(topic: string, partition: number): Partition {
    const key = `${topic}-${partition}`
    const known = partitions.get(key)
    if (known !== undefined) return known
    const fresh = { labels: { topic, partition: String(partition) }, end: 0, next: undefined, waitingSince: 0 }
    partitions.set(key, fresh)
    return fresh
  }

  return {
    fetched(topic, partition, firstOffset, oldestTimestamp) {
      const state = of(topic, partition)
      state.next ??= firstOffset
      if (state.waitingSince === 0) state.waitingSince = oldestTimestamp
    },
    watermark(topic, partition, offset) {
      of(topic, partition).end = offset
    },
    stored(topic, partition, next, newestTimestamp) {
      const state = of(topic, partition)
      state.next = next
      if (newestTimestamp > 0) state.waitingSince = newestTimestamp
    },
    forget: (topic, partition) => partitions.delete(`${topic}-${partition}`),
  }
}
