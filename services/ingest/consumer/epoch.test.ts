import { PartitionAssigners } from 'kafkajs'
import { expect, it } from 'vitest'
import { Epochs, epochClosingAssigner } from './epoch.js'

it('keeps an epoch open from its assignment until the next join begins', () => {
  const epochs = new Epochs()
  const assigner = epochClosingAssigner(PartitionAssigners.roundRobin, epochs)({} as never)
  expect(epochs.joined).toBe(false)

  assigner.protocol({ topics: ['t'] })
  const first = epochs.open()
  expect(epochs.isOpen(first)).toBe(true)

  assigner.protocol({ topics: ['t'] })
  expect(epochs.isOpen(first)).toBe(false)
  expect(epochs.joined).toBe(false)

  const second = epochs.open()
  expect(epochs.isOpen(second)).toBe(true)
  expect(epochs.isOpen(first)).toBe(false)
})

it('leaves the assigner’s protocol unchanged', () => {
  const inner = PartitionAssigners.roundRobin({} as never)
  const closing = epochClosingAssigner(PartitionAssigners.roundRobin, new Epochs())({} as never)
  expect(closing.name).toBe(inner.name)
  expect(closing.protocol({ topics: ['t'] })).toEqual(inner.protocol({ topics: ['t'] }))
})
