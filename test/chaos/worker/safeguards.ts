import { randomUUID } from 'node:crypto'
import { decodePosition, encodePosition } from '../../../services/ingest/partition/committed_offset.js'
import type { LaneContext } from '../../../services/ingest/partition/partition_worker.js'
import type { RangeTask } from '../../../services/ingest/store/store.js'

/** Has the protocol believe, when it looks for a block, that it is there just when the insert has been answered. */
function unseen(context: LaneContext): LaneContext {
  let answered = false
  return {
    ...context,
    async isStored() {
      const answer = answered
      answered = false
      return answer
    },
    store: {
      ...context.store,
      hold(held) {
        const task = context.store.hold(held)
        answered = false
        return {
          ...task,
          async insert(day, token, sendBy) {
            answered = false
            await task.insert(day, token, sendBy)
            answered = true
          },
        }
      },
    },
  }
}

/** Has inserts made in another way. */
function inserting(
  { store, ...context }: LaneContext,
  insert: (task: RangeTask, ...asked: Parameters<RangeTask['insert']>) => Promise<void>,
): LaneContext {
  return {
    ...context,
    store: {
      ...store,
      hold(held) {
        const task = store.hold(held)
        return { ...task, insert: (...asked) => insert(task, ...asked) }
      },
    },
  }
}

/** The ways in which the suite can make a worker unsafe, to show that it would find out. */
export const sabotages = {
  /** Every insert has a token of its own, and is sent however late: so one that was on its way when its worker was suspended arrives. */
  token: (context) => inserting(context, (task, day) => task.insert(day, randomUUID(), Number.POSITIVE_INFINITY)),
  /** A range is committed as stored before it is. */
  order: (context) => ({
    ...context,
    commit(offset, metadata) {
      const position = decodePosition(metadata)
      if (position?.pending === undefined) return context.commit(offset, metadata)
      return context.commit(position.pending + 1, encodePosition({ topicId: position.topicId }))
    },
  }),
  /** A partition goes on at its committed offset, whatever was begun there. */
  reconcile: (context) => ({
    ...context,
    reconcile: async (_topicId, { offset }) => ({ from: offset, stored: new Set() }),
  }),
  /** A range that was begun is stored again as the same range, without a look at what ClickHouse holds of it. */
  look: (context) => ({
    ...unseen(context),
    reconcile: async (topicId, committed) => ({ ...(await context.reconcile(topicId, committed)), stored: new Set() }),
  }),
  /** An insert without an answer is made again, and ClickHouse's word is taken for it. */
  second_look: unseen,
  /** A worker that was suspended inserts on waking, without asking the broker again. */
  fence_age: (context) => ({ ...context, maxFenceAgeMs: Number.POSITIVE_INFINITY }),
  /** An insert is sent however long ago it was handed to the store. */
  send_by: (context) => inserting(context, (task, day, token) => task.insert(day, token, Number.POSITIVE_INFINITY)),
} as const satisfies Record<string, (context: LaneContext) => LaneContext>

export type Sabotage = keyof typeof sabotages
