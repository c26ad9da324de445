import type { FindingKind } from './check/findings.js'
import type { Cluster } from './cluster/cluster.js'
import type { Fault } from './faults/fault.js'
import { freezeAt } from './faults/freeze_at_point.js'
import { killAt } from './faults/kill_at_point.js'
import { crashedWriter, suspendedWriter, unansweredWriter } from './faults/stall.js'
import type { Options } from './options.js'
import { describe, run } from './run.js'
import type { Sabotage } from './worker/safeguards.js'

/** A safeguard that is switched off, the faults for which it is there, and what is found without it. */
interface Case {
  readonly without: Sabotage
  readonly says: string
  readonly faults: readonly Fault[]
  readonly finds: FindingKind
}

const cases: readonly Case[] = [
  {
    without: 'order',
    says: 'a range is committed before it is inserted',
    faults: [killAt('commit:after', 0, 0)],
    finds: 'lost',
  },
  {
    without: 'token',
    says: 'inserts have no token of their range',
    faults: [freezeAt('insert:before', 0)],
    finds: 'doubled',
  },
  {
    without: 'reconcile',
    says: 'a partition goes on at its commit, whatever was begun there',
    faults: [killAt('mark:before', 0, 3_000)],
    finds: 'doubled',
  },
  {
    without: 'look',
    says: 'a range that was begun is stored again without a look at what is there',
    faults: [crashedWriter(0)],
    finds: 'doubled',
  },
  {
    without: 'second_look',
    says: 'an insert without an answer is made again without a look whether it was made',
    faults: [unansweredWriter(0)],
    finds: 'doubled',
  },
  {
    without: 'commit_age',
    says: 'a worker that was suspended does not ask whether it still has the partition',
    faults: [suspendedWriter('transcode:after')(0)],
    finds: 'doubled',
  },
  {
    without: 'send_by',
    says: 'a worker that was suspended while its store had an insert to send lets it be sent',
    faults: [suspendedWriter('insert:before')(0)],
    finds: 'doubled',
  },
]

/**
 * Proves that the suite can fail: each safeguard is switched off in turn and must be missed. The same faults with all
 * safeguards on must find nothing, so that it is the safeguard's absence which was found.
 */
export async function selfTest(
  cluster: Cluster,
  options: Options,
  dir: string,
  tell: (line: string) => void,
): Promise<boolean> {
  const play = (name: string, faults: readonly Fault[], sabotage?: Sabotage) =>
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
      sabotage,
      dir,
      tell,
    })

  let passed = true
  for (const { without, says, faults, finds } of cases) {
    tell(`without ${without}: ${says}`)
    const { findings } = await play(`without_${without}`, faults, without)
    const found = findings.count(finds)
    if (found === 0) passed = false
    tell(found > 0 ? `found, as it must be: ${findings.lines()[0]}` : `NOT FOUND: nothing is ${finds}`)
  }

  tell('the same faults with all safeguards')
  const { findings, figures } = await play(
    'with_all',
    cases.flatMap(({ faults }) => faults),
  )
  tell(describe(figures))
  for (const line of findings.none ? ['nothing lost, nothing doubled'] : findings.lines()) tell(line)
  passed &&= findings.none
  tell(passed ? `passed: ${cases.length} safeguards are each missed` : 'FAILED')
  return passed
}
