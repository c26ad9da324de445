import { expect, it } from 'vitest'
import { faultKinds } from './faults/index.js'
import { makePlan } from './plan.js'

const descriptions = (seed: number, count = 90) =>
  makePlan(seed, count, 3).map(({ afterMs, fault }) => `${afterMs} ${fault.kind} ${fault.what}`)

it('gives the same faults at the same moments for the same seed, and others for another', () => {
  expect(descriptions(7)).toEqual(descriptions(7))
  expect(descriptions(7)).not.toEqual(descriptions(8))
})

it('begins a longer run of a seed like a shorter one', () => {
  expect(descriptions(7).slice(0, 20)).toEqual(descriptions(7, 20))
})

it('has every kind of fault in each thirty', () => {
  expect(faultKinds.reduce((sum, { share }) => sum + share, 0)).toBe(30)
  const kinds = new Set(makePlan(1, 300, 3).map(({ fault }) => fault.kind))
  for (const start of [0, 30, 270]) {
    const thirty = makePlan(1, 300, 3).slice(start, start + 30)
    expect(new Set(thirty.map(({ fault }) => fault.kind))).toEqual(kinds)
  }
})
