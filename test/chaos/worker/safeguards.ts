import { randomUUID } from 'node:crypto'
import { decodeCommitMetadata, encodeCommitMetadata } from '../../../services/ingest/partition/committed_offset.js'
import type { PartitionContext } from '../../../services/ingest/partition/partition_context.js'
import type { RangeTask } from '../../../services/ingest/store/store.js'
import type { MutationName } from './mutations.js'

/** Makes the protocol's look for a block return whether the last insert succeeded. */
function unseen(context: PartitionContext): PartitionContext {
  let succeeded = false
  return {
    ...context,
    async isStored() {
      const found = succeeded
      succeeded = false
      return found
    },
    store: {
      ...context.store,
      hold(held) {
        const task = context.store.hold(held)
        succeeded = false
        return {
          ...task,
          async insert(day, token, sendBy) {
            succeeded = false
            await task.insert(day, token, sendBy)
            succeeded = true
          },
        }
      },
    },
  }
}

/** Replaces the way that inserts are made. */
function inserting(
  { store, ...context }: PartitionContext,
  insert: (task: RangeTask, ...parameters: Parameters<RangeTask['insert']>) => Promise<void>,
): PartitionContext {
  return {
    ...context,
    store: {
      ...store,
      hold(held) {
        const task = store.hold(held)
        return { ...task, insert: (...parameters) => insert(task, ...parameters) }
      },
    },
  }
}

/**
 * The safeguards of the protocol that the self-test removes, one at a time, to show that the suite finds out.
 * `mutations.ts` has the others.
 */
export const sabotages = {
  /** Every insert has a random token and no deadline, so an insert of a suspended worker still arrives. */
  token: (context) => inserting(context, (task, day) => task.insert(day, randomUUID(), Number.POSITIVE_INFINITY)),
  /** A range is committed as stored before it is. */
  order: (context) => ({
    ...context,
    commit(offset, metadata) {
      const decoded = decodeCommitMetadata(metadata)
      if (decoded?.pending === undefined) return context.commit(offset, metadata)
      return context.commit(decoded.pending + 1, encodeCommitMetadata({ topicId: decoded.topicId }))
    },
  }),
  /** A partition starts at its committed offset, and ignores a pending range. */
  reconcile: (context) => ({
    ...context,
    reconcile: async (_topicId, { offset }) => ({ from: offset, stored: new Set() }),
  }),
  /** A pending range is stored again as the same range, without a look at what ClickHouse holds of it. */
  look: (context) => ({
    ...unseen(context),
    reconcile: async (topicId, committed) => ({ ...(await context.reconcile(topicId, committed)), stored: new Set() }),
  }),
  /** An insert without a response is sent again, and ClickHouse's answer is trusted. */
  second_look: unseen,
  /** A worker that was suspended inserts on waking, without committing again. */
  commit_age: (context) => ({ ...context, maxCommitAgeMs: Number.POSITIVE_INFINITY }),
  /** An insert is sent however long ago the store received it. */
  send_by: (context) => inserting(context, (task, day, token) => task.insert(day, token, Number.POSITIVE_INFINITY)),
} as const satisfies Record<string, (context: PartitionContext) => PartitionContext>

export type Sabotage = keyof typeof sabotages

/** Anything that the self-test removes. */
export type Safeguard = Sabotage | MutationName
