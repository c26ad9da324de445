import type { Cluster } from './cluster/cluster.js'
import { type Options, replay } from './options.js'
import { makePlan } from './plan.js'
import { describe, run } from './run.js'
import type { Done } from './schedule.js'

/** Runs the faults of a seed. Resolves to whether nothing was lost, duplicated, wrong or stuck. */
export async function chaos(
  cluster: Cluster,
  options: Options,
  dir: string,
  log: (line: string) => void,
): Promise<boolean> {
  const began = performance.now()
  log(replay(options))
  const { findings, figures, faults, duplicates, failedSends, transactions, halts } = await run(cluster, {
    name: 'chaos',
    seed: options.seed,
    plan: makePlan(options.seed, options.faults, options.workers),
    workers: options.workers,
    partitions: options.partitions,
    recordsPerSecond: options.rate,
    faultsPerRound: options.round,
    minRecords: options.records,
    rowsPerRange: options.range,
    dir,
    log,
  })
  const took = ((performance.now() - began) / 1000).toFixed(0)
  log('')
  for (const line of tally(faults)) log(line)
  log(`${describe(figures)}; ${duplicates} sent twice on purpose, ${failedSends} sends failed and were repeated`)
  const { committed, aborted, unknown } = transactions
  log(`transactions: ${committed} committed, ${aborted} aborted, ${unknown} with an unknown end; ${halts} halts`)
  if (findings.none) {
    log(`passed: ${faults.length} faults in ${took} s, nothing lost, nothing duplicated`)
    return true
  }
  log(`FAILED after ${faults.length} faults, in ${took} s:`)
  for (const line of findings.lines()) log(line)
  log(`Repeat it with: ${replay(options)}`)
  log(`Logs and data: ${dir}`)
  return false
}

/** A line per kind: the number of faults, and how many of them did not happen where they were planned. */
function tally(faults: readonly Done[]): readonly string[] {
  const kinds = new Set(faults.map(({ fault }) => fault.kind))
  return [...kinds].map((kind) => {
    const own = faults.filter(({ fault }) => fault.kind === kind)
    const missed = own.filter(({ outcome }) => !outcome.struck).length
    return `${String(own.length).padStart(5)}  ${kind}${missed === 0 ? '' : ` (${missed} not where planned)`}`
  })
}
