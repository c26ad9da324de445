import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chaos } from './chaos.js'
import { type Cluster, startCluster } from './cluster/cluster.js'
import { type Options, parseOptions } from './options.js'
import { selfTest } from './self_test.js'

/** Starts the servers, runs what was asked for, and leaves nothing behind. Resolves with the exit code. */
async function main(options: Options): Promise<number> {
  const dir = await mkdtemp(join(tmpdir(), 'gatelog-chaos-'))
  const began = performance.now()
  const tell = (line: string): void => {
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
      tell('stopping')
      // Workers end with this process.
      void tidy().finally(() => process.exit(1))
    })
  }
  try {
    // One more than the workers that share the partitions: one comes and goes.
    cluster = await startCluster(dir, options.workers + 1)
    tell(`Kafka and ClickHouse are up; logs are in ${dir}`)
    const act = options.selfTest ? selfTest : chaos
    passed = await act(cluster, options, dir, tell)
  } catch (error) {
    tell(`could not go on: ${(error as Error).stack}`)
    tell(`Logs and data: ${dir}`)
  }
  // What a failure left is kept, to be looked into.
  if (passed) await tidy()
  else await cluster?.close()
  return passed ? 0 : 1
}

const options = parseOptions(process.argv.slice(2))
if ('exitCode' in options) process.exitCode = options.exitCode
else process.exit(await main(options))
