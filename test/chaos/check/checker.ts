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

/** What was compared, for the report. */
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
   * Waits until the marks say that everything is stored. A partition that gets no further for too long is found to be stuck; one that is
   * only slow is waited for. Nothing must be sent meanwhile.
   */
  caughtUp(): Promise<void>
  /** Waits until all workers are in their group; what is missing for too long is found to be stuck. No fault must be under way. */
  allBack(): Promise<void>
  /** Compares everything, when nothing is being sent. */
  check(): Promise<Figures>
  /** What remains to be checked when all workers have stopped in order: the group's commits, and what readers see. */
  checkAtTheEnd(): Promise<void>
  /** Looks at the marks now and then, while faults go on, until `stopWatching`. */
  watch(): void
  stopWatching(): Promise<void>
}

/** A range of forty days is forty inserts, and waits for the eight megabytes of another partition: on a busy machine, minutes. */
const STUCK_AFTER_MS = 300_000
const POLL_MS = 250
const LOOK_EVERY_MS = 3_000

export function createChecker(options: {
  readonly kafka: Kafka
  readonly sandbox: Sandbox
  readonly workload: Workload
  readonly contents: Contents
  readonly seed: number
  /** How many workers there are when no fault is being done to them. */
  readonly workers: number
}): Checker {
  const { kafka, sandbox, workload, contents, seed, workers } = options
  const { clickhouse, topic, topicId, groupId } = sandbox
  const findings = new Findings()
  const truth = createTruth(kafka, topic)
  const parts = { clickhouse, topicId, truth, contents, findings }
  const letters = createDeadLetterCheck({ kafka, topic, truth, contents, findings })
  const marks = createMarkWatch(parts)
  let watching = false
  let watch: Promise<void> = Promise.resolve()

  async function keepLooking(): Promise<void> {
    while (watching) {
      // ClickHouse may be away, by a fault.
      await marks.look().catch(() => undefined)
      await sleep(LOOK_EVERY_MS)
    }
  }

  return {
    findings,
    async caughtUp() {
      const ends = await endOffsets(kafka, topic)
      /** How far each partition had come, and when it came there. */
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
        const stuck = behind.filter((partition) => now - (seen.get(partition)?.at ?? now) > STUCK_AFTER_MS)
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
      await checkCommits(kafka, sandbox, truth.ends, findings)
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
