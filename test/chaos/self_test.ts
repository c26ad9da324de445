import type { FindingKind } from './check/findings.js'
import type { Cluster } from './cluster/cluster.js'
import { type Fault, STRUCK } from './faults/fault.js'
import { freezeAt } from './faults/freeze_at_point.js'
import { breakTable } from './faults/halting_error.js'
import { killAt } from './faults/kill_at_point.js'
import { abortLarge } from './faults/large_transactions.js'
import { sendPoison } from './faults/poison_burst.js'
import { crashedWriter, suspendedWriter, unansweredWriter } from './faults/stall.js'
import type { Options } from './options.js'
import { describe, run } from './run.js'
import type { Safeguard } from './worker/safeguards.js'

/** A safeguard to turn off, the faults that it exists for, and what the suite must find without it. */
interface Case {
  readonly without: Safeguard
  readonly says: string
  readonly faults: readonly Fault[]
  readonly finds: FindingKind
}

/** In every partition, so that the worker with full ranges gets some, and in batches of every codec. */
function poisonEverywhere(records: number): Fault {
  return {
    kind: 'poison-burst',
    what: `send ${records} invalid records to each partition`,
    async inflict(world) {
      for (let place = 0; place < world.partitions; place++) await sendPoison(records, place).inflict(world)
      return STRUCK
    },
  }
}

/** A partition that lacks a safeguard and is stuck stays so. */
const STUCK_AFTER_MS = 120_000

const cases: readonly Case[] = [
  {
    without: 'order',
    says: 'a range is committed before it is inserted',
    faults: [killAt('commit:after', 0, 0)],
    finds: 'lost',
  },
  {
    without: 'token',
    says: 'the token of an insert does not depend on its range',
    faults: [freezeAt('insert:before', 0)],
    finds: 'duplicated',
  },
  {
    without: 'reconcile',
    says: 'a partition continues at its commit and ignores a pending range',
    faults: [killAt('mark:before', 0, 3_000)],
    finds: 'duplicated',
  },
  {
    without: 'look',
    says: 'a pending range is stored again without reading what is stored',
    faults: [crashedWriter(0)],
    finds: 'duplicated',
  },
  {
    without: 'second_look',
    says: 'an insert without an answer is repeated without looking for its block',
    faults: [unansweredWriter(0)],
    finds: 'duplicated',
  },
  {
    without: 'commit_age',
    says: 'a suspended worker does not ask whether it still owns the partition',
    faults: [suspendedWriter('transcode:after')(0)],
    finds: 'duplicated',
  },
  {
    without: 'send_by',
    says: 'the store sends an insert that was handed to it before a suspension',
    faults: [suspendedWriter('insert:before')(0)],
    finds: 'duplicated',
  },
  {
    without: 'aborted',
    says: 'records of aborted transactions are not left out',
    faults: [abortLarge(0)],
    finds: 'wrong',
  },
  {
    without: 'overlapping_aborted',
    says: 'of the transactions that began before a fetch, at most one begins with a batch',
    faults: [abortLarge(0)],
    finds: 'wrong',
  },
  {
    without: 'codec',
    says: 'batches of one codec are not uncompressed',
    faults: [poisonEverywhere(10_000)],
    finds: 'lost',
  },
  {
    without: 'letters_split',
    says: 'all dead letters of a range go to Kafka in one batch',
    faults: [poisonEverywhere(10_000)],
    finds: 'stuck',
  },
  {
    without: 'halted_retry',
    says: 'a halted partition never tries again',
    faults: [breakTable('missing column', 3_000)],
    finds: 'stuck',
  },
]

/**
 * Proves that the suite can fail: it turns off one safeguard at a time and must find the damage. The same faults with
 * all safeguards on must find nothing, so the missing safeguard is the cause.
 */
export async function selfTest(
  cluster: Cluster,
  options: Options,
  dir: string,
  log: (line: string) => void,
): Promise<boolean> {
  const play = (name: string, faults: readonly Fault[], without?: Safeguard) =>
    run(cluster, {
      name,
      seed: options.seed,
      plan: faults.map((fault, index) => ({ number: index + 1, afterMs: 2_000, fault })),
      workers: 2,
      partitions: options.partitions,
      recordsPerSecond: options.rate,
      faultsPerRound: faults.length,
      minRecords: 0,
      rowsPerRange: options.range,
      without,
      ...(without === undefined ? {} : { stuckAfterMs: STUCK_AFTER_MS }),
      dir,
      log,
    })

  let passed = true
  for (const { without, says, faults, finds } of cases) {
    log(`without ${without}: ${says}`)
    const { findings } = await play(`without_${without}`, faults, without)
    const found = findings.count(finds)
    if (found === 0) passed = false
    log(found > 0 ? `found, as expected: ${findings.lines()[0]}` : `NOT FOUND: nothing is ${finds}`)
  }

  log('the same faults with all safeguards')
  const { findings, figures } = await play(
    'with_all',
    cases.flatMap(({ faults }) => faults),
  )
  log(describe(figures))
  for (const line of findings.none ? ['nothing lost, nothing duplicated'] : findings.lines()) log(line)
  passed &&= findings.none
  log(passed ? `passed: ${cases.length} safeguards are each needed` : 'FAILED')
  return passed
}
