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

it('refuses at once what would wait too long for all others, by how long queries take', async () => {
  let now = 0
  const queue = new QueryQueue({ running: { total: 2 }, maxBusyWaitMs: 500, clock: () => now })
  const { run, end } = queries(queue)
  // Ten queries of two seconds: the mean comes near that.
  for (let index = 0; index < 10; index++) {
    const slow = run('slow', principal('ada'))
    now += 2_000
    await end('slow')
    await slow
  }
  const running = ['a', 'b'].map((name) => run(name, principal(name)))
  const waiting = run('c', principal('c'))
  await settle()
  await expect(run('d', principal('d'))).rejects.toMatchObject({ status: 503, code: 'SERVICE_BUSY' })
  for (const name of ['a', 'b', 'c']) await end(name)
  expect(await Promise.all([...running, waiting])).toEqual(['a', 'b', 'c'])
  // After the overload, queries are answered as before.
  const after = run('e', principal('e'))
  await end('e')
  expect(await after).toBe('e')
})

it('finishes requests that have begun before others, and does not refuse them', async () => {
  let now = 0
  const queue = new QueryQueue({ running: { total: 1 }, maxBusyWaitMs: 500, clock: () => now })
  const started: string[] = []
  const ends = new Map<string, () => void>()
  const database = queue.databaseFor(principal('ada'), {
    rows: ({ query }) =>
      new Promise((resolve) => {
        started.push(query)
        ends.set(query, () => resolve([]))
      }),
  })
  const ask = (query: string) => database.rows({ query, query_params: {} }, never)
  const first = ask('first')
  now += 60_000
  ends.get('first')?.()
  await first
  const other = queries(queue)
  const running = other.run('running', principal('bob'))
  const waiting = other.run('waiting', principal('cyd'))
  // One waits already, and queries take seconds: a new request is refused, the second query of this one is not.
  const second = ask('second')
  await expect(other.run('new', principal('dan'))).rejects.toMatchObject({ code: 'SERVICE_BUSY' })
  await other.end('running')
  expect(started).toEqual(['first', 'second'])
  expect(other.started).toEqual(['running'])
  ends.get('second')?.()
  await second
  await settle()
  await other.end('waiting')
  expect(await Promise.all([running, waiting])).toEqual(['running', 'waiting'])
})
