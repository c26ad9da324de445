import { expect, it } from 'vitest'
import { Permits } from './permits.js'

it('bounds each principal by itself, and gives back once', () => {
  const permits = new Permits(2)
  const [first] = [permits.take('a'), permits.take('a')]
  permits.take('b')
  expect(() => permits.take('a')).toThrow(expect.objectContaining({ status: 429, code: 'TOO_MANY_EXPORTS' }))
  first?.()
  first?.()
  permits.take('a')
  expect(() => permits.take('a')).toThrow(/2 exports at once/)
})
