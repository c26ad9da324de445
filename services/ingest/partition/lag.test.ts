import { Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { createLag } from './lag.js'

async function read(registry: Registry, name: string) {
  const metric = await registry.getSingleMetric(name)?.get()
  return Object.fromEntries((metric?.values ?? []).map(({ labels, value }) => [labels.partition, value]))
}

it('tells how far a partition is behind, also while it stands still', async () => {
  const registry = new Registry()
  let now = 10_000
  const lag = createLag(registry, () => now)
  lag.watermark('t', 0, 30)
  lag.fetched('t', 0, 10, 4_000)
  expect(await read(registry, 'gatelog_ingest_lag_offsets')).toEqual({ 0: 20 })
  expect(await read(registry, 'gatelog_ingest_lag_seconds')).toEqual({ 0: 6 })

  now = 15_000
  lag.watermark('t', 0, 40)
  expect(await read(registry, 'gatelog_ingest_lag_offsets')).toEqual({ 0: 30 })
  expect(await read(registry, 'gatelog_ingest_lag_seconds')).toEqual({ 0: 11 })

  lag.stored('t', 0, 40, 9_000)
  expect(await read(registry, 'gatelog_ingest_lag_offsets')).toEqual({ 0: 0 })
  expect(await read(registry, 'gatelog_ingest_lag_seconds')).toEqual({ 0: 0 })

  lag.forget('t', 0)
  expect(await read(registry, 'gatelog_ingest_lag_offsets')).toEqual({})
})
