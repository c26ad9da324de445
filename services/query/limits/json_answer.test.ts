import Fastify from 'fastify'
import { expect, it } from 'vitest'
import { jsonChunks, sendJson } from './json_answer.js'

const LARGE = {
  limit: 3,
  records: Array.from({ length: 5_000 }, (_, index) => ({ index, text: `"é${index}\n` })),
  next: 'x',
}

it.each([
  [{}],
  [{ a: undefined, b: [], c: { d: [1] }, e: 'é' }],
  [{ records: [{ a: [] }, { b: {} }], more: false }],
  [LARGE],
])('writes what JSON.stringify writes', (answer) => {
  expect([...jsonChunks(answer)].join('')).toBe(JSON.stringify(answer))
})

it('writes chunks that are about as large as one another', () => {
  const lengths = [...jsonChunks(LARGE)].map(({ length }) => length)
  expect(lengths.length).toBeGreaterThan(2)
  expect(Math.max(...lengths)).toBeLessThan(70_000)
})

it('sends a small answer as a whole and a large one in chunks', async () => {
  const app = Fastify()
  app.get('/small', (_request, reply) => sendJson(reply, { a: 'é' }))
  app.get('/large', (_request, reply) => sendJson(reply, LARGE))
  const small = await app.inject('/small')
  expect(small.headers).toMatchObject({ 'content-type': 'application/json; charset=utf-8', 'content-length': '10' })
  expect(small.json()).toEqual({ a: 'é' })
  const large = await app.inject('/large')
  expect(large.headers).toMatchObject({ 'content-type': 'application/json; charset=utf-8' })
  expect(large.headers['content-length']).toBeUndefined()
  expect(large.json()).toEqual(LARGE)
  expect((await app.inject({ method: 'HEAD', url: '/large' })).body).toBe('')
})
