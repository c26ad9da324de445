import { expect, it } from 'vitest'
import { createTelemetry } from '../runtime/telemetry.js'
import { createEvents } from './events.js'

it('counts the records of an unreadable batch, and a single record as one', async () => {
  const telemetry = createTelemetry('ingest', 'silent')
  const letter = { timestamp: 0, detail: '', value: null }
  createEvents(telemetry)
    .partition('auth_audits', 'auth_audits', 0)
    .deadLettered([
      { ...letter, offset: 1, reason: 'no_value' },
      { ...letter, offset: 2, lastOffset: 9, records: 8, reason: 'batch_checksum' },
      { ...letter, offset: 10, reason: 'no_value' },
    ])
  const { values } = (await telemetry.metrics.getSingleMetric('gatelog_ingest_dead_letters_total')?.get()) ?? {}
  expect(values?.map(({ labels, value }) => [labels.reason, value])).toEqual([
    ['no_value', 2],
    ['batch_checksum', 8],
  ])
})

it('counts secrets by stream and kind', async () => {
  const telemetry = createTelemetry('ingest', 'silent')
  const events = createEvents(telemetry).partition('audits', 'audits', 0)
  events.secretsFound({ jwt: 2, key: 1 })
  events.secretsFound({ jwt: 1 })
  const { values } = (await telemetry.metrics.getSingleMetric('gatelog_ingest_secrets_total')?.get()) ?? {}
  expect(values?.map(({ labels, value }) => [labels.stream, labels.kind, value])).toEqual([
    ['audits', 'jwt', 3],
    ['audits', 'key', 1],
  ])
})
