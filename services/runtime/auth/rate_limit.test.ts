import { describe, expect, it } from 'vitest'
import { Problem } from '../problem.js'
import type { Principal } from './bearer_tokens.js'
import { limitRateOf, rateLimiter } from './rate_limit.js'

/** A limiter, and its clock. */
function limiterOf(perSecond: number, burst: number) {
  let now = 1_000_000
  const { admit, check } = rateLimiter({ perSecond, burst }, () => now)
  return {
    pass: (milliseconds: number) => {
      now += milliseconds
    },
    admits: (principal = 'ada') => admit(principal).admitted,
    wouldAdmit: (principal = 'ada') => check(principal).admitted,
    wait: (principal = 'ada') => {
      const admission = admit(principal)
      return admission.admitted ? undefined : admission.wait
    },
    /** How many of so many requests at once are admitted. */
    atOnce: (count: number, principal = 'ada') =>
      Array.from({ length: count }, () => admit(principal).admitted).filter(Boolean).length,
  }
}

describe('a principal', () => {
  it('may send a burst, and again after a pause', () => {
    const { atOnce, pass } = limiterOf(10, 5)
    expect(atOnce(20)).toBe(5)
    pass(60_000)
    expect(atOnce(20)).toBe(5)
  })

  it('may send as many requests as the rate on average', () => {
    const { admits, pass } = limiterOf(10, 5)
    let admitted = 0
    for (let milliseconds = 0; milliseconds < 100_000; milliseconds += 7) {
      if (admits()) admitted++
      pass(7)
    }
    expect(admitted).toBeGreaterThanOrEqual(1_000)
    expect(admitted).toBeLessThanOrEqual(1_005)
  })

  it('that stays below the rate is never refused, and its bucket refills', () => {
    const { admits, pass, atOnce } = limiterOf(3, 1)
    for (let round = 0; round < 10_000; round++) {
      expect(admits()).toBe(true)
      pass(1_000 / 3)
    }
    expect(atOnce(2)).toBe(1)
  })

  it('is not charged for refused requests', () => {
    const { atOnce, admits, pass } = limiterOf(1, 1)
    expect(atOnce(1_000)).toBe(1)
    pass(1_000)
    expect(admits()).toBe(true)
  })

  it('is not charged for a question', () => {
    const { wouldAdmit, atOnce } = limiterOf(1, 2)
    for (let round = 0; round < 10; round++) expect(wouldAdmit()).toBe(true)
    expect(atOnce(5)).toBe(2)
    expect(wouldAdmit()).toBe(false)
  })

  it('learns how long to wait', () => {
    const { atOnce, wait, pass } = limiterOf(2, 4)
    expect(atOnce(4)).toBe(4)
    expect(wait()).toEqual({ retrySeconds: 0.5, resetSeconds: 2 })
    pass(400)
    expect(wait()?.retrySeconds).toBeCloseTo(0.1)
    expect(wait()?.resetSeconds).toBeCloseTo(1.6)
    pass(100)
    expect(wait()).toBeUndefined()
  })

  it('does not reduce what another may send', () => {
    const { atOnce } = limiterOf(1, 2)
    expect(atOnce(5, 'ada')).toBe(2)
    expect(atOnce(5, 'bob')).toBe(2)
    expect(atOnce(5, 'ada')).toBe(0)
  })
})

it('remembers ten thousand principals, and forgets the least recently admitted first', () => {
  const { admits, atOnce } = limiterOf(1, 2)
  admits('oldest')
  admits('again')
  for (let index = 0; index < 9_998; index++) admits(`p-${index}`)
  admits('again')
  admits('one more')
  expect(atOnce(1, 'again')).toBe(0)
  expect(atOnce(5, 'oldest')).toBe(2)
})

describe('a principal that asks too often', () => {
  const ada: Principal = { subject: 'ada', scopes: [], organizations: 'all' }

  it('is answered 429 with what to do', () => {
    const limitRate = limitRateOf({ perSecond: 1, burst: 3 })
    for (let round = 0; round < 3; round++) limitRate(ada)
    expect(() => limitRate(ada)).toThrow(Problem)
    expect(() => limitRate(ada)).toThrow(
      expect.objectContaining({
        status: 429,
        code: 'RATE_LIMITED',
        message:
          'You may ask 1 times a second, 3 at once. Ask again after 1 s; ask for more records at a time to ask less often.',
        headers: { 'retry-after': '1', 'ratelimit-limit': '3', 'ratelimit-remaining': '0', 'ratelimit-reset': '3' },
      }),
    )
  })

  it('of one tenant takes from that tenant alone, and what is refused counts toward nobody', () => {
    const limitRate = limitRateOf({ perSecond: 0.001, burst: 3 }, { perSecond: 0.001, burst: 4 })
    const of = (subject: string, organizations: Principal['organizations']) => () =>
      limitRate({ subject, scopes: [], organizations })
    for (const subject of ['a1', 'a2', 'a3', 'a4']) of(subject, ['a'])()
    for (let round = 0; round < 10; round++) {
      expect(of('a1', ['a'])).toThrow(
        expect.objectContaining({ status: 429, message: expect.stringContaining('Your organization may ask 0.001') }),
      )
    }
    of('b1', ['b'])()
    of('c1', ['a', 'b'])()
    // Of the three of a1, one was admitted.
    of('a1', 'all')()
    of('a1', 'all')()
    expect(of('a1', 'all')).toThrow(expect.objectContaining({ message: expect.stringContaining('You may ask 0.001') }))
  })

  it('is counted by the subject of its token', () => {
    const limitRate = limitRateOf({ perSecond: 0.001, burst: 1 })
    limitRate(ada)
    limitRate({ ...ada, subject: 'bob' })
    expect(() => limitRate({ ...ada, scopes: ['audits:read'] })).toThrow(expect.objectContaining({ status: 429 }))
  })
})
