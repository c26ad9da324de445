import type { PartitionAssigner } from 'kafkajs'

/**
 * Tells whether this worker may speak for the partitions that it was given last.
 *
 * The broker refuses a commit of an old generation, but kafkajs signs a commit with the generation it has *now*: one that was decided
 * before a rebalance and sent after it would pass, for a partition that another worker has. So from the moment in which kafkajs sets out
 * to join anew, every earlier epoch is over.
 */
export class Fence {
  #epoch = 0
  #joined = false

  /** The epoch in force; a new one begins with each assignment. */
  get epoch(): number {
    return this.#epoch
  }

  /** Whether the worker belongs to the group. */
  get joined(): boolean {
    return this.#joined
  }

  holds(epoch: number): boolean {
    return this.#joined && epoch === this.#epoch
  }

  /** The group is being joined anew. */
  fall(): void {
    this.#joined = false
    this.#epoch++
  }

  /** Partitions were assigned; returns the epoch of this assignment. */
  rise(): number {
    this.#joined = true
    return this.#epoch
  }
}

/** Lets the fence fall whenever kafkajs composes a request to join, which asks each assigner for its protocol first. */
export function fencedAssigner(assigner: PartitionAssigner, fence: Fence): PartitionAssigner {
  return (config) => {
    const inner = assigner(config)
    return {
      ...inner,
      protocol: (subscription) => {
        fence.fall()
        return inner.protocol(subscription)
      },
    }
  }
}
