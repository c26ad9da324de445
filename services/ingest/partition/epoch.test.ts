import { PartitionAssigners } from 'kafkajs'
import { expect, it } from 'vitest'
import { Fence, fencedAssigner } from './epoch.js'

it('holds one epoch, from its assignment until the next joining begins', () => {
  const fence = new Fence()
  const assigner = fencedAssigner(PartitionAssigners.roundRobin, fence)({} as never)
  expect(fence.joined).toBe(false)

  assigner.protocol({ topics: ['t'] })
  const first = fence.rise()
  expect(fence.holds(first)).toBe(true)

  assigner.protocol({ topics: ['t'] })
  expect(fence.holds(first)).toBe(false)
  expect(fence.joined).toBe(false)

  const second = fence.rise()
  expect(fence.holds(second)).toBe(true)
  expect(fence.holds(first)).toBe(false)
})

it('leaves the assigner’s protocol as it is', () => {
  const inner = PartitionAssigners.roundRobin({} as never)
  const fenced = fencedAssigner(PartitionAssigners.roundRobin, new Fence())({} as never)
  expect(fenced.name).toBe(inner.name)
  expect(fenced.protocol({ topics: ['t'] })).toEqual(inner.protocol({ topics: ['t'] }))
})
