import { setTimeout as sleep } from 'node:timers/promises'
import { type Checker, createChecker, type Figures, STUCK_AFTER_MS } from './check/checker.js'
import type { Findings } from './check/findings.js'
import { readMarks } from './check/marks.js'
import { breakages } from './cluster/breakages.js'
import type { Cluster } from './cluster/cluster.js'
import { createSandbox } from './cluster/sandbox.js'
import { deduplicationWindow } from './cluster/table.js'
import { createWorker, type Worker, workerLog } from './cluster/workers.js'
import type { World } from './faults/fault.js'
import type { Planned } from './plan.js'
import { type Done, inflictAll } from './schedule.js'
import type { Safeguard } from './worker/safeguards.js'
import { createContents } from './workload/content.js'
import { startWorkload, type Workload } from './workload/producer.js'

export interface RunOptions {
  /** Part of the name of the run's database and topic. */
  readonly name: string
  readonly seed: number
  readonly plan: readonly Planned[]
  readonly workers: number
  readonly partitions: number
  readonly recordsPerSecond: number
  /** How many faults between two comparisons of everything; there is one at the end too. */
  readonly faultsPerRound: number
  /** After the faults, the run continues until this many records are acknowledged. */
  readonly minRecords: number
  readonly rowsPerRange: number
  /** A safeguard that the workers lack. */
  readonly without?: Safeguard | undefined
  /** How long a partition may make no progress without a fault. */
  readonly stuckAfterMs?: number
  /** The folder for the workers' logs. */
  readonly dir: string
  readonly log: (line: string) => void
}

export interface RunResult {
  readonly findings: Findings
  readonly figures: Figures
  readonly faults: readonly Done[]
  readonly duplicates: number
  readonly failedSends: number
  readonly transactions: Workload['transactions']['counts']
  /** How many times partitions halted. */
  readonly halts: number
}

const SESSION_TIMEOUT_MS = 6_000
/** Small ranges, so the steps of the protocol happen often. */
const SMALL_RANGES = { INGEST_MAX_WAIT_MS: '200', INGEST_MAX_BYTES: '1048576' }
/** One worker has ranges of the shipped size, so that a range can hold many invalid records. */
const FULL_RANGES = 0
/** How long to wait after the marks are complete for what is still on its way, such as the insert of a late writer. */
const LATE_MS = 1_000

/** Sends records through workers while faults happen, and compares what is stored with what was sent. */
export async function run(cluster: Cluster, options: RunOptions): Promise<RunResult> {
  const { name, seed, plan, log } = options
  const sandbox = await createSandbox(cluster, name, options.partitions)
  const contents = createContents(seed, Date.now())
  const { kafka } = cluster
  const { topic } = sandbox
  const workload = await startWorkload({ ...options, kafka, topic, contents })
  const checker = createChecker({
    ...{ kafka, sandbox, workload, contents, seed },
    workers: options.workers,
    stuckAfterMs: options.stuckAfterMs ?? STUCK_AFTER_MS,
  })
  const { findings } = checker

  const team = Array.from({ length: options.workers + 1 }, (_, number) => member(cluster, sandbox.environment, number))
  function member({ wires, environment }: Cluster, own: Readonly<Record<string, string>>, number: number): Worker {
    const pair = wires[number]
    if (pair === undefined) throw new Error(`The cluster has no wires for worker ${number}.`)
    return createWorker({
      number,
      wires: pair,
      environment: {
        ...environment(number),
        ...own,
        ...(number === FULL_RANGES ? {} : { ...SMALL_RANGES, INGEST_MAX_ROWS: String(options.rowsPerRange) }),
        INGEST_HALTED_RETRY_MS: '1000',
        PORT: '0',
        LOG_LEVEL: 'debug',
        KAFKA_SESSION_TIMEOUT_MS: String(SESSION_TIMEOUT_MS),
      },
      logFile: workerLog(options.dir, number),
      without: options.without,
      onFall: (how) => findings.add('stuck', { partition: -1, what: how }),
    })
  }
  const workers = team.slice(0, -1)
  const halts = () => team.reduce((sum, worker) => sum + worker.halts, 0)
  const world: World = {
    broker: cluster.broker,
    database: cluster.database,
    workers,
    visitor: team.at(-1) as Worker,
    sessionTimeoutMs: SESSION_TIMEOUT_MS,
    marks: () => readMarks(sandbox.clickhouse, sandbox.topicId),
    window: deduplicationWindow(sandbox.clickhouse),
    breakages: breakages(sandbox.clickhouse),
    partitions: options.partitions,
    halts,
    burst: workload.burst,
    abortLargeTransactions: workload.abortLargeTransactions,
  }

  const done: Done[] = []
  let figures: Figures = { acknowledged: 0, inKafka: 0, rows: 0, poison: 0, deadLetters: 0 }
  try {
    await Promise.all(workers.map((worker) => worker.start()))
    for (let at = 0; at < plan.length && findings.none; at += options.faultsPerRound) {
      const round = plan.slice(at, at + options.faultsPerRound)
      workload.resume()
      checker.watch()
      await inflictAll(round, world, {
        begun: ({ number, fault }) => log(`#${number} ${fault.what}`),
        done(fault) {
          done.push(fault)
          if (fault.outcome.note !== undefined) log(`#${fault.number} … ${fault.outcome.note}`)
        },
      })
      const isLast = at + round.length === plan.length
      while (isLast && workload.acknowledged < options.minRecords) await sleep(500)
      await workload.pause()
      await checker.allBack()
      figures = await settle(checker)
      log(`${done.length} faults: ${describe(figures)}${findings.none ? '' : ` – ${findings.lines()[0]}`}`)
    }
    await Promise.all(workers.map((worker) => worker.stop()))
    if (findings.none) {
      figures = await settle(checker)
      await checker.checkAtTheEnd()
    }
  } finally {
    await checker.stopWatching()
    await Promise.all(team.map((worker) => worker.kill()))
    await workload.close()
  }
  const { duplicates, failures: failedSends, transactions } = workload
  return { findings, figures, faults: done, duplicates, failedSends, transactions: transactions.counts, halts: halts() }
}

async function settle(checker: Checker): Promise<Figures> {
  await checker.caughtUp()
  await checker.stopWatching()
  await sleep(LATE_MS)
  return checker.check()
}

export function describe({ acknowledged, inKafka, rows, poison, deadLetters }: Figures): string {
  return `${acknowledged} acknowledged, ${inKafka} in Kafka, ${rows} rows, ${poison} poison, ${deadLetters} dead letters`
}
