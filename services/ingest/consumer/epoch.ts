import type { PartitionAssigner } from 'kafkajs'

/**
 * Numbers the assignments of this worker, and knows whether the latest one still holds.
 *
 * The broker rejects a commit of an old generation. But kafkajs signs a commit with the generation it has *now*: a
 * commit that was decided before a rebalance and sent after it would be accepted, for a partition that another worker
 * has. So an epoch closes the moment kafkajs sets out to rejoin the group, and nothing is committed in a closed epoch.
 */
export class Epochs {
  #current = 0
  #joined = false

  /** The number of the current epoch. */
  get current(): number {
    return this.#current
  }

  /** Whether the worker is a member of the group. */
  get joined(): boolean {
    return this.#joined
  }

  isOpen(epoch: number): boolean {
    return this.#joined && epoch === this.#current
  }

  /** Closes the current epoch: the worker leaves the group, or rejoins it. */
  close(): void {
    this.#joined = false
    this.#current++
  }

  /** Opens an epoch for the partitions that were just assigned; returns its number. */
  open(): number {
    this.#joined = true
    return this.#current
  }
}

/** Closes the epoch whenever kafkajs builds a request to join, because it asks each assigner for its protocol first. */
export function epochClosingAssigner(assigner: PartitionAssigner, epochs: Epochs): PartitionAssigner {
  return (config) => {
    const inner = assigner(config)
    return {
      ...inner,
      protocol: (subscription) => {
        epochs.close()
        return inner.protocol(subscription)
      },
    }
  }
}
