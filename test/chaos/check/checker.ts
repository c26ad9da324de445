import { setTimeout as sleep } from 'node:timers/promises'
import type { Kafka } from 'kafkajs'
import type { Sandbox } from '../cluster/sandbox.js'
import type { Contents } from '../workload/content.js'
import type { Workload } from '../workload/producer.js'
import { checkCommits } from './commits.js'
import { createDeadLetterCheck } from './dead_letters.js'
import { Findings } from './findings.js'
import { checkFolding } from './folding.js'
import { createMarkWatch, readMarks } from './marks.js'
import { checkMembers } from './members.js'
import { checkStored } from './stored.js'
import { endOffsets } from './topic.js'
import { createTruth } from './truth.js'
import { checkValues } from './values.js'

/** The numbers for the report. */
export interface Figures {
  readonly acknowledged: number
  readonly inKafka: number
  readonly rows: number
  readonly poison: number
  readonly deadLetters: number
}

export interface Checker {
  readonly findings: Findings
  /**
   * Waits until the marks say that everything is stored. A partition without progress for too long is stuck; a slow one
   * is not. The producer must be paused.
   */
  caughtUp(): Promise<void>
  /** Waits until all workers are in their group. One that is missing for too long is stuck. No fault may be active. */
  allBack(): Promise<void>
  /** Compares everything. The producer must be paused. */
  check(): Promise<Figures>
  /** Checks the commits of the group and what readers see, after all workers have stopped cleanly. */
  checkAtTheEnd(): Promise<void>
  /** Reads the marks repeatedly during faults, until `stopWatching`. */
  watch(): void
  stopWatching(): Promise<void>
}

/**
 * A range of forty days is forty inserts and waits for another partition's eight megabytes: minutes on a busy machine.
 */
export const STUCK_AFTER_MS = 300_000
const POLL_MS = 250
const LOOK_EVERY_MS = 3_000

export function createChecker(options: {
  readonly kafka: Kafka
  readonly sandbox: Sandbox
  readonly workload: Workload
  readonly contents: Contents
  readonly seed: number
  /** The number of workers when no fault is active. */
  readonly workers: number
  readonly stuckAfterMs: number
}): Checker {
  const { kafka, sandbox, workload, contents, seed, workers, stuckAfterMs } = options
  const { clickhouse, topic, topicId, groupId } = sandbox
  const findings = new Findings()
  const truth = createTruth(kafka, topic, workload.transactions.outcomeOf)
  const parts = { clickhouse, topicId, truth, contents, findings }
  const letters = createDeadLetterCheck({ kafka, topic, truth, contents, findings })
  const marks = createMarkWatch(parts)
  let watching = false
  let watch: Promise<void> = Promise.resolve()

  async function look(): Promise<void> {
    const covered = await marks.look()
    const written = (await endOffsets(kafka, topic)).reduce((sum, end) => sum + end, 0)
    workload.backlogIs(written - covered)
  }

  async function keepLooking(): Promise<void> {
    while (watching) {
      // A fault may have stopped a server.
      await look().catch(() => undefined)
      await sleep(LOOK_EVERY_MS)
    }
  }

  return {
    findings,
    async caughtUp() {
      await truth.advance()
      const ends = truth.wanted
      /** The progress of each partition, and its time. */
      const seen = new Map<number, { readonly mark: number; readonly at: number }>()
      for (;;) {
        const marked = await readMarks(clickhouse, topicId)
        const now = Date.now()
        const behind = [...ends.keys()].filter((partition) => (marked.get(partition) ?? 0) < (ends[partition] ?? 0))
        if (behind.length === 0) return
        for (const partition of behind) {
          const mark = marked.get(partition) ?? 0
          if (seen.get(partition)?.mark !== mark) seen.set(partition, { mark, at: now })
        }
        const stuck = behind.filter((partition) => now - (seen.get(partition)?.at ?? now) > stuckAfterMs)
        for (const partition of stuck) {
          const what = `nothing is stored from here to ${ends[partition]}`
          findings.add('stuck', { partition, offset: seen.get(partition)?.mark ?? 0, what })
        }
        if (stuck.length > 0) return
        await sleep(POLL_MS)
      }
    },
    allBack: () => checkMembers(kafka, groupId, workers, findings),
    async check() {
      await truth.advance()
      const { acknowledged } = workload
      const rows = await checkStored({ ...parts, seed, acknowledged })
      await letters.check()
      await checkValues(clickhouse, topicId, { seed, contents, findings })
      marks.check()
      return { acknowledged, inKafka: truth.records, rows, poison: letters.poison, deadLetters: letters.letters }
    },
    async checkAtTheEnd() {
      await checkCommits(kafka, sandbox, truth, findings)
      await checkFolding(clickhouse, findings)
    },
    watch() {
      watching = true
      watch = keepLooking()
    },
    async stopWatching() {
      watching = false
      await watch
    },
  }
}
