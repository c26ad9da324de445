import { expect, it } from 'vitest'
import { Budget } from './budget.js'

it('admits in the order of asking, as room comes', async () => {
  const budget = new Budget(10)
  const admitted: string[] = []
  await budget.take(8)
  const first = budget.take(7).then(() => admitted.push('first'))
  const second = budget.take(1).then(() => admitted.push('second'))
  expect(budget.tryTake(1)).toBe(false)
  budget.give(4)
  await Promise.resolve()
  expect(admitted).toEqual([])
  budget.give(4)
  await Promise.all([first, second])
  expect(admitted).toEqual(['first', 'second'])
  expect(budget.used).toBe(8)
})

it('lets in what is larger than itself when nothing else is', () => {
  const budget = new Budget(10)
  expect(budget.tryTake(25)).toBe(true)
  expect(budget.tryTake(1)).toBe(false)
})

it('counts what is forced', () => {
  const budget = new Budget(10)
  budget.force(12)
  expect(budget.tryTake(1)).toBe(false)
  budget.give(12)
  expect(budget.used).toBe(0)
})
