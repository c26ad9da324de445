import { decodeCommitMetadata } from '../../../services/ingest/partition/committed_offset.js'
import type { PartitionContext } from '../../../services/ingest/partition/partition_context.js'
import type { Gate } from './gate.js'
import type { Reached, StepName } from './points.js'

/** Puts the gate before and after each request that a partition worker makes, and reports when it halts. */
export function gated(context: PartitionContext, gate: Gate, onHalt: () => void): PartitionContext {
  const { partition } = context
  /** A partition worker has one range in flight at a time. */
  let range: Reached['range']

  async function at<T>(step: StepName, request: () => Promise<T>): Promise<T> {
    const where = () => ({ partition, ...(range === undefined ? {} : { range }) })
    await gate.pass(`${step}:before`, where())
    const value = await request()
    await gate.pass(`${step}:after`, where())
    return value
  }

  return {
    ...context,
    locate: () => at('locate', context.locate),
    reconcile: (topicId, committed) => at('reconcile', () => context.reconcile(topicId, committed)),
    commit(offset, metadata) {
      const last = decodeCommitMetadata(metadata)?.pending
      if (last === undefined) return at('settle', () => context.commit(offset, metadata))
      range = { first: offset, last }
      return at('commit', () => context.commit(offset, metadata))
    },
    store: {
      ...context.store,
      hold(held) {
        const task = context.store.hold(held)
        return {
          transcode: () => at('transcode', () => task.transcode()),
          insert: (day, token, sendBy) => at('insert', () => task.insert(day, token, sendBy)),
          discard: () => task.discard(),
        }
      },
    },
    deadLetters: {
      sendFrom: (origin, letters, from) =>
        at('dead_letters', () => context.deadLetters.sendFrom(origin, letters, from)),
    },
    events: {
      ...context.events,
      halted(code, error, halts) {
        onHalt()
        context.events.halted(code, error, halts)
      },
    },
    marks: { write: (mark) => at('mark', () => context.marks.write(mark)) },
  }
}
