import { readFileSync } from 'node:fs'
import * as prometheus from 'prom-client'
import { expect, it } from 'vitest'
import { createEvents as collectorEvents } from '../../services/collector/events.js'
import { createWriteEvents } from '../../services/collector/records/events.js'
import { prometheusMetrics } from '../../services/emitter/index.js'
import { createEvents as ingestEvents } from '../../services/ingest/events.js'
import { createFollowEvents } from '../../services/query/changes/events.js'
import { createEvents as queryEvents } from '../../services/query/events.js'
import { createEvents as retentionEvents } from '../../services/retention/events.js'
import { createAuthEvents } from '../../services/runtime/auth/events.js'
import { silentTelemetry, type Telemetry } from '../../services/runtime/telemetry.js'
import { listItems, section } from './list_items.js'

const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8')

/** The items for a registry's metrics, as docs/metrics.md must list them. */
function expected({ metrics }: Telemetry): readonly string[] {
  return metrics.getMetricsAsArray().map((metric) => {
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
    const labels = labelNames.length === 0 ? '' : `; ${labelNames.map((label) => `\`${label}\``).join(', ')}`
    return `\`${name}\` (${kind}${labels}): ${help}`
  })
}

it.each([
  [
    'ingest',
    (telemetry: Telemetry) => {
      const events = ingestEvents(telemetry)
      events.bytesInFlight(() => 0)
      events.partitions(() => [])
    },
  ],
  [
    'collector',
    (telemetry: Telemetry) => {
      collectorEvents(telemetry, [])
      createWriteEvents(telemetry, [])
      createAuthEvents(telemetry, 'collector')
    },
  ],
  [
    'query',
    (telemetry: Telemetry) => {
      queryEvents(telemetry)
      createFollowEvents(telemetry)
      createAuthEvents(telemetry, 'query')
    },
  ],
  [
    'retention',
    (telemetry: Telemetry) => {
      retentionEvents(telemetry, [])
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
  const found = listItems(section(page, part)).filter((item) => item.startsWith('`gatelog_'))
  expect(found).toEqual(expected(telemetry))
})
