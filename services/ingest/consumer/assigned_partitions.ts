import type { PartitionWorker } from '../partition/partition_worker.js'

/** One partition worker for each partition that this process has, or had and has not settled yet. */
export class AssignedPartitions {
  readonly #workers = new Map<string, PartitionWorker>()

  get(topic: string, partition: number): PartitionWorker | undefined {
    return this.#workers.get(key(topic, partition))
  }

  all(): readonly PartitionWorker[] {
    return [...this.#workers.values()]
  }

  /** Those whose partition belongs to this process now. */
  held(): readonly PartitionWorker[] {
    return this.all().filter(({ context }) => context.held())
  }

  /**
   * Revokes the partition's earlier worker and puts a new one in its place. `make` gets a promise that resolves when
   * the earlier one settles.
   */
  replace(topic: string, partition: number, make: (predecessor: Promise<void>) => PartitionWorker): PartitionWorker {
    const earlier = this.get(topic, partition)
    earlier?.revoke()
    const worker = make(earlier?.settled ?? Promise.resolve())
    this.#workers.set(key(topic, partition), worker)
    return worker
  }

  /**
   * Revokes the workers of partitions that are not in `kept`. Each stays listed until it settles, in case its partition
   * returns.
   */
  revokeExcept(kept: (topic: string, partition: number) => boolean): void {
    for (const [name, worker] of this.#workers) {
      const { topic, partition } = worker.context
      if (kept(topic, partition)) continue
      worker.revoke()
      void worker.settled.then(() => {
        if (this.#workers.get(name) === worker) this.#workers.delete(name)
      })
    }
  }
}

function key(topic: string, partition: number): string {
  return `${topic}-${partition}`
}
