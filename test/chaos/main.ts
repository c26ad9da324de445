import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chaos } from './chaos.js'
import { type Cluster, startCluster } from './cluster/cluster.js'
import { type Options, parseOptions } from './options.js'
import { selfTest } from './self_test.js'

/** Starts the servers, runs, and cleans up. Resolves to the exit code. */
async function main(options: Options): Promise<number> {
  const dir = await mkdtemp(join(tmpdir(), 'gatelog-chaos-'))
  const began = performance.now()
  const log = (line: string): void => {
    const at = ((performance.now() - began) / 1000).toFixed(1).padStart(7)
    process.stdout.write(`${at} s  ${line}\n`)
  }
  let cluster: Cluster | undefined
  let passed = false
  const tidy = async (): Promise<void> => {
    await cluster?.close()
    if (!options.keep) await rm(dir, { recursive: true, force: true })
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      log('stopping')
      // Workers end with this process.
      void tidy().finally(() => process.exit(1))
    })
  }
  try {
    // One more than the workers that share the partitions: one joins and leaves.
    cluster = await startCluster(dir, options.workers + 1, options.secure)
    log(`Kafka and ClickHouse are up; logs are in ${dir}`)
    const act = options.selfTest ? selfTest : chaos
    passed = await act(cluster, options, dir, log)
  } catch (error) {
    log(`aborted: ${(error as Error).stack}`)
    log(`Logs and data: ${dir}`)
  }
  // Keep the data of a failed run.
  if (passed) await tidy()
  else await cluster?.close()
  return passed ? 0 : 1
}

const options = parseOptions(process.argv.slice(2))
if ('exitCode' in options) process.exitCode = options.exitCode
else process.exit(await main(options))
