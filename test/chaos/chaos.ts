import type { Cluster } from './cluster/cluster.js'
import { type Options, replay } from './options.js'
import { makePlan } from './plan.js'
import { describe, run } from './run.js'
import type { Done } from './schedule.js'

/** Runs the faults of a seed. Resolves with whether nothing was lost, doubled, wrong or stuck. */
export async function chaos(
  cluster: Cluster,
  options: Options,
  dir: string,
  tell: (line: string) => void,
): Promise<boolean> {
  const began = performance.now()
  tell(replay(options))
  const { findings, figures, faults, duplicates, failedSends } = await run(cluster, {
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
    tell,
  })
  const took = ((performance.now() - began) / 1000).toFixed(0)
  tell('')
  for (const line of tally(faults)) tell(line)
  tell(`${describe(figures)}; ${duplicates} sent twice on purpose, ${failedSends} sends failed and were made again`)
  if (findings.none) {
    tell(`passed: ${faults.length} faults in ${took} s, nothing lost, nothing doubled`)
    return true
  }
  tell(`FAILED after ${faults.length} faults, in ${took} s:`)
  for (const line of findings.lines()) tell(line)
  tell(`The same again: ${replay(options)}`)
  tell(`Logs and data: ${dir}`)
  return false
}

/** A line for each kind: how many, and how many of them did not find what they were meant for, and struck as they could. */
function tally(faults: readonly Done[]): readonly string[] {
  const kinds = new Set(faults.map(({ fault }) => fault.kind))
  return [...kinds].map((kind) => {
    const own = faults.filter(({ fault }) => fault.kind === kind)
    const missed = own.filter(({ outcome }) => !outcome.struck).length
    return `${String(own.length).padStart(5)}  ${kind}${missed === 0 ? '' : ` (${missed} as they could)`}`
  })
}
