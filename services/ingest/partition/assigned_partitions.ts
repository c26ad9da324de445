import type { Lane } from './partition_worker.js'

/** The lanes of the partitions that this worker has, and the latest one of each partition that it had. */
export class Lanes {
  readonly #lanes = new Map<string, Lane>()

  get(topic: string, partition: number): Lane | undefined {
    return this.#lanes.get(key(topic, partition))
  }

  all(): readonly Lane[] {
    return [...this.#lanes.values()]
  }

  /** Puts a lane in place of the partition's earlier one, which is ended; `make` is given what resolves when that has nothing in flight. */
  replace(topic: string, partition: number, make: (predecessor: Promise<void>) => Lane): Lane {
    const earlier = this.get(topic, partition)
    earlier?.revoke()
    const lane = make(earlier?.settled ?? Promise.resolve())
    this.#lanes.set(key(topic, partition), lane)
    return lane
  }

  /** Ends the lanes of the partitions that are not in `kept`. They stay known until they have settled, in case the partition returns. */
  revokeExcept(kept: (topic: string, partition: number) => boolean): void {
    for (const [name, lane] of this.#lanes) {
      const { topic, partition } = lane.context
      if (kept(topic, partition)) continue
      lane.revoke()
      void lane.settled.then(() => {
        if (this.#lanes.get(name) === lane) this.#lanes.delete(name)
        lane.context.events.left()
      })
    }
  }
}

function key(topic: string, partition: number): string {
  return `${topic}-${partition}`
}
