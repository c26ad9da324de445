import { expect, it } from 'vitest'
import { Problem } from '../problem.js'
import type { Principal } from './bearer_tokens.js'
import { ConcurrencyLimiter, type ConcurrencyLimits } from './concurrency_limiter.js'

function principal(subject: string, organizations: Principal['organizations'] = 'all'): Principal {
  return { subject, scopes: [], organizations }
}

function limiterOf(limits: ConcurrencyLimits): ConcurrencyLimiter {
  return new ConcurrencyLimiter(limits, ({ limit, value }) => new Problem(429, limit, String(value)))
}

it('bounds what one principal holds, and what all hold', () => {
  const limiter = limiterOf({ total: 3, perPrincipal: 2 })
  const release = limiter.acquire(principal('ada'))
  limiter.acquire(principal('ada'))
  expect(() => limiter.acquire(principal('ada'))).toThrow(
    expect.objectContaining({ code: 'perPrincipal', message: '2' }),
  )
  limiter.acquire(principal('bob'))
  expect(() => limiter.acquire(principal('eve'))).toThrow(expect.objectContaining({ code: 'total', message: '3' }))
  release()
  release()
  limiter.acquire(principal('eve'))
  expect(() => limiter.acquire(principal('bob'))).toThrow(expect.objectContaining({ code: 'total' }))
})

it('bounds what the principals of one tenant hold together; tokens for all organizations are one tenant', () => {
  const limiter = limiterOf({ perTenant: 2 })
  limiter.acquire(principal('ada', ['a']))
  const release = limiter.acquire(principal('bob', ['a']))
  expect(() => limiter.acquire(principal('eve', ['a']))).toThrow(expect.objectContaining({ code: 'perTenant' }))
  limiter.acquire(principal('eve', ['a', 'b']))
  limiter.acquire(principal('eve', ['b', 'a', 'b']))
  expect(() => limiter.acquire(principal('eve', ['b', 'a']))).toThrow(expect.objectContaining({ code: 'perTenant' }))
  limiter.acquire(principal('operator'))
  limiter.acquire(principal('other operator'))
  expect(() => limiter.acquire(principal('operator'))).toThrow(expect.objectContaining({ code: 'perTenant' }))
  limiter.acquire(principal('eve', ['all']))
  release()
  limiter.acquire(principal('eve', ['a']))
})

it('counts nothing for a holding that was released', () => {
  const limiter = limiterOf({ perPrincipal: 1 })
  const holding = limiter.hold(principal('ada'))
  holding.release()
  expect(holding.tryGrow(100)).toBeUndefined()
  limiter.acquire(principal('ada'))
})

it('holds amounts that grow, each time by all of it or by nothing', () => {
  const limiter = limiterOf({ perPrincipal: 10, total: 12 })
  const [first, second] = [limiter.hold(principal('ada')), limiter.hold(principal('ada'))]
  const other = limiter.hold(principal('bob'))
  expect(first.tryGrow(5)).toBeUndefined()
  expect(first.tryGrow(3)).toBeUndefined()
  expect(second.tryGrow(3)).toEqual({ limit: 'perPrincipal', value: 10, alone: false })
  expect(second.tryGrow(2)).toBeUndefined()
  expect(other.tryGrow(3)).toEqual({ limit: 'total', value: 12, alone: false })
  expect(other.tryGrow(2)).toBeUndefined()
  first.release()
  first.release()
  expect(other.tryGrow(8)).toBeUndefined()
  expect(other.tryGrow(1)).toEqual({ limit: 'perPrincipal', value: 10, alone: true })
})
