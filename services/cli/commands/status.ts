import { Command } from 'commander'
import { openApi } from '../api/ask.js'
import { print } from '../print/output.js'
import { tableLines } from '../print/table.js'
import { readStack, stackOption } from '../stack_file.js'
import { readings } from '../status/metrics.js'

interface ServiceStatus {
  readonly service: string
  readonly ready: boolean
  /** What it waits for, or what is worth knowing. */
  readonly detail: string
}

/** After this long without an answer a service counts as away. */
const PATIENCE_MS = 3_000

export function statusCommand(): Command {
  return new Command('status')
    .description('Prints whether each service is ready, how far ingest is behind, and the newest record.')
    .option('--json', 'print the status of each service as a line of JSON')
    .addOption(stackOption())
    .addHelpText('after', '\nThe exit code is 1 if a service is not ready.')
    .action(async ({ stack: file, json }: { readonly stack: string; readonly json?: boolean }) => {
      const stack = await readStack(file)
      const statuses = await Promise.all([
        statusOf('ingest', stack.metrics.ingest, ingestDetail),
        statusOf('collector', stack.metrics.collector),
        statusOf('query', stack.metrics.query, () => newestRecord(file)),
        ...[stack.metrics.retention ?? []].flat().map((url) => statusOf('retention', url)),
      ])
      const lines =
        json === true
          ? statuses.map((status) => JSON.stringify(status))
          : tableLines(
              ['service', 'state', ''],
              statuses.map(({ service, ready, detail }) => [service, ready ? 'ready' : 'not ready', detail]),
            )
      await print(`${lines.join('\n')}\n`)
      if (statuses.some(({ ready }) => !ready)) process.exitCode = 1
    })
}

async function statusOf(
  service: string,
  metricsUrl: string,
  detail: (metrics: string) => string | Promise<string> = () => '',
): Promise<ServiceStatus> {
  try {
    const answer = await get(new URL('/readyz', metricsUrl))
    const { waiting_for } = JSON.parse(answer) as { readonly waiting_for?: string }
    if (waiting_for !== undefined) return { service, ready: false, detail: `waits for ${waiting_for}` }
    return { service, ready: true, detail: await detail(await get(new URL(metricsUrl))) }
  } catch {
    return { service, ready: false, detail: `does not answer at ${new URL(metricsUrl).origin}` }
  }
}

async function get(url: URL): Promise<string> {
  return (await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) })).text()
}

function ingestDetail(metrics: string): string {
  const records = sum(readings(metrics, 'gatelog_ingest_lag_records'))
  const age = Math.max(0, ...readings(metrics, 'gatelog_ingest_lag_seconds'))
  const halted = sum(readings(metrics, 'gatelog_ingest_halted_partitions'))
  const letters = sum(readings(metrics, 'gatelog_ingest_dead_letters_total'))
  return [
    records === 0
      ? 'every record is stored'
      : `${records.toLocaleString('en')} records behind, the oldest ${age.toFixed(1)} s`,
    ...(halted === 0 ? [] : [`${halted} partitions halted`]),
    ...(letters === 0 ? [] : [`${letters.toLocaleString('en')} dead letters since its start`]),
  ].join('; ')
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

async function newestRecord(stack: string): Promise<string> {
  const ask = await openApi({ stack })
  const { auth_audits } = await ask<{ readonly auth_audits: readonly { readonly time: string }[] }>('auth_audits', [
    ['limit', '1'],
  ])
  const newest = auth_audits[0]?.time
  return newest === undefined ? 'no sign-in is stored' : `newest sign-in ${newest}`
}
