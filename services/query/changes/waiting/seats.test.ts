import { expect, it } from 'vitest'
import { Seats } from './seats.js'
import { turns } from './turns.js'

it('a principal has so many seats, and all have so many', () => {
  const seats = new Seats({ most: 3, mostOfOne: 2 })
  const leave = seats.take('ada')
  seats.take('ada')
  expect(() => seats.take('ada')).toThrow(expect.objectContaining({ status: 429, code: 'TOO_MANY_WAITING' }))
  seats.take('bob')
  expect(() => seats.take('eve')).toThrow(expect.objectContaining({ status: 503, code: 'SEATS_TAKEN' }))
  leave()
  leave()
  seats.take('eve')
  expect(() => seats.take('bob')).toThrow(expect.objectContaining({ code: 'SEATS_TAKEN' }))
})

it('turns are taken so many at once, in order, whatever becomes of them', async () => {
  const take = turns(2)
  const begun: number[] = []
  const ends: (() => void)[] = []
  const works = Array.from({ length: 5 }, (_, index) =>
    take(async () => {
      begun.push(index)
      await new Promise<void>((resolve) => ends.push(resolve))
      if (index === 0) throw new Error('failed')
      return index
    }),
  )
  const [first] = works
  const refused = expect(first).rejects.toThrow('failed')
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  await settle()
  expect(begun).toEqual([0, 1])
  while (ends.length > 0) {
    ends.shift()?.()
    await settle()
  }
  expect(begun).toEqual([0, 1, 2, 3, 4])
  expect(await Promise.all(works.slice(1))).toEqual([1, 2, 3, 4])
  await refused
})
