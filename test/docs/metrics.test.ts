import { readFileSync } from 'node:fs'
import * as prometheus from 'prom-client'
import { expect, it } from 'vitest'
import { createEvents as collectorEvents } from '../../services/collector/events.js'
import { prometheusMetrics } from '../../services/emitter/index.js'
import { createEvents as ingestEvents } from '../../services/ingest/events.js'
import { createArrivalEvents } from '../../services/query/changes/events.js'
import { createEvents as queryEvents } from '../../services/query/events.js'
import { silentTelemetry, type Telemetry } from '../../services/runtime/telemetry.js'

const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8')

/** The table of a registry's metrics, as docs/metrics.md must have it. */
function table({ metrics }: Telemetry): string {
  const rows = metrics.getMetricsAsArray().map((metric) => {
    const {
      name,
      help,
      type,
      labelNames = [],
    } = metric as unknown as {
      name: string
      help: string
      type?: string
      labelNames?: string[]
    }
    const kind = type ?? metric.constructor.name.toLowerCase()
    return `| \`${name}\` | ${kind} | ${labelNames.map((label) => `\`${label}\``).join(', ')} | ${help} |`
  })
  return ['| Metric | Type | Labels | Meaning |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

it.each([
  [
    'ingest',
    (telemetry: Telemetry) => {
      ingestEvents(telemetry).bytesInFlight(() => 0)
    },
  ],
  [
    'collector',
    (telemetry: Telemetry) => {
      collectorEvents(telemetry)
    },
  ],
  [
    'query',
    (telemetry: Telemetry) => {
      queryEvents(telemetry)
      createArrivalEvents(telemetry)
    },
  ],
  [
    'emitter',
    (telemetry: Telemetry) => {
      prometheusMetrics(prometheus, telemetry.metrics)
    },
  ],
] as const)('docs/metrics.md has every metric of %s, and none extra', (part, register) => {
  const telemetry = silentTelemetry()
  register(telemetry)
  const section = page.split(`## ${part}\n`)[1]?.split('\n## ')[0] ?? ''
  const found = section.split('\n').filter((line) => line.startsWith('|'))
  expect(found.join('\n')).toBe(table(telemetry))
})
