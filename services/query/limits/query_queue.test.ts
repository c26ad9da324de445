import { expect, it } from 'vitest'
import type { Principal } from '../../runtime/auth/bearer_tokens.js'
import { QueryQueue } from './query_queue.js'

const never = new AbortController().signal
const settle = () => new Promise((resolve) => setImmediate(resolve))

function principal(subject: string, organizations: Principal['organizations'] = [subject]): Principal {
  return { subject, scopes: [], organizations }
}

/** Queries that end when a test says so. */
function queries(queue: QueryQueue) {
  const started: string[] = []
  const finish = new Map<string, (error?: Error) => void>()
  return {
    started,
    async end(name: string, error?: Error) {
      finish.get(name)?.(error)
      await settle()
    },
    run: (name: string, by: Principal, signal: AbortSignal = never) =>
      queue.run(by, signal, () => {
        started.push(name)
        return new Promise<string>((resolve, reject) => {
          finish.set(name, (error) => (error === undefined ? resolve(name) : reject(error)))
        })
      }),
  }
}

it('runs as many queries at once as it may, in the order of the calls, also when some fail', async () => {
  const { run, started, end } = queries(new QueryQueue({ running: { total: 8 } }))
  const runs = Array.from({ length: 20 }, (_, index) => run(String(index), principal(`p${index}`)))
  const failed = expect(runs[0]).rejects.toThrow('failed')
  await settle()
  expect(started).toEqual(['0', '1', '2', '3', '4', '5', '6', '7'])
  for (let index = 0; index < 20; index++) await end(String(index), index === 0 ? new Error('failed') : undefined)
  expect(started).toEqual(Array.from({ length: 20 }, (_, index) => String(index)))
  expect(await Promise.all(runs.slice(1))).toEqual(Array.from({ length: 19 }, (_, index) => String(index + 1)))
  await failed
})

it('a tenant at its limit waits, and holds up nobody else', async () => {
  const { run, started, end } = queries(new QueryQueue({ running: { perPrincipal: 2, perTenant: 3, total: 5 } }))
  const all = [
    ...['a1', 'a2', 'a3'].map((name) => run(name, principal('ada', ['a']))),
    ...['b1', 'b2'].map((name) => run(name, principal('bob', ['a']))),
    ...['c1', 'c2', 'c3'].map((name) => run(name, principal('cyd', ['c']))),
  ]
  await settle()
  expect(started).toEqual(['a1', 'a2', 'b1', 'c1', 'c2'])
  await end('c1')
  expect(started.slice(5)).toEqual(['c3'])
  await end('a1')
  expect(started.slice(6)).toEqual(['a3'])
  for (const name of ['a2', 'b1', 'a3', 'b2', 'c2', 'c3']) await end(name)
  expect(await Promise.all(all)).toHaveLength(8)
})

it('refuses what would wait behind too many, with the limit', async () => {
  const queue = new QueryQueue({ running: { perPrincipal: 1 }, waiting: { perPrincipal: 2, perTenant: 3, total: 4 } })
  const { run, end } = queries(queue)
  const runs = ['a1', 'a2', 'a3'].map((name) => run(name, principal('ada', ['a'])))
  await settle()
  await expect(run('a4', principal('ada', ['a']))).rejects.toMatchObject({ status: 429, code: 'TOO_MANY_QUERIES' })
  for (const name of ['a1', 'a2', 'a3']) await end(name)
  await Promise.all(runs)
})

it('refuses what waited too long: 429 for the own limit, 503 for the limit of all', async () => {
  const own = new QueryQueue({ running: { perTenant: 1 }, maxWaitMs: 20 })
  void queries(own).run('a', principal('ada'))
  await expect(queries(own).run('b', principal('ada'))).rejects.toMatchObject({
    status: 429,
    code: 'TOO_MANY_QUERIES',
    headers: { 'retry-after': '1' },
  })
  const busy = new QueryQueue({ running: { total: 1 }, maxWaitMs: 20 })
  void queries(busy).run('a', principal('ada'))
  await expect(queries(busy).run('b', principal('bob'))).rejects.toMatchObject({ status: 503, code: 'SERVICE_BUSY' })
})

it('a caller that leaves while it waits frees its place, and its query never runs', async () => {
  const { run, started, end } = queries(new QueryQueue({ running: { total: 1 }, waiting: { total: 1 } }))
  const first = run('first', principal('ada'))
  const leaving = new AbortController()
  const left = run('left', principal('bob'), leaving.signal)
  leaving.abort()
  await expect(left).rejects.toMatchObject({ code: 'QUERY_CANCELLED' })
  const last = run('last', principal('cyd'))
  await end('first')
  await end('last')
  expect(await Promise.all([first, last])).toEqual(['first', 'last'])
  expect(started).toEqual(['first', 'last'])
})
