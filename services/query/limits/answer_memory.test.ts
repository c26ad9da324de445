import { EventEmitter } from 'node:events'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { expect, it } from 'vitest'
import type { Database } from '../clickhouse/database.js'
import { AnswerMemory, answerLimits } from './answer_memory.js'

const MEGABYTE = 1024 * 1024
const { signal } = new AbortController()
const QUERY = { query: 'SELECT 1', query_params: {} }

/** A database whose every answer has one row of so many bytes. */
function databaseOf(bytes: number): Database {
  return {
    rows: async (_query, _signal, _maxBytes, reserve) => {
      await reserve?.(1, bytes - 1_024)
      return [['x']]
    },
  }
}

function request(memory: AnswerMemory, subject: string, bytes: number, organizations: 'all' | string[] = 'all') {
  const raw = new EventEmitter()
  const principal = { subject, scopes: [], organizations }
  const database = memory.forRequest(
    databaseOf(bytes),
    { principal } as unknown as FastifyRequest,
    { raw } as FastifyReply,
  )
  return { rows: () => database.rows(QUERY, signal), close: () => raw.emit('close') }
}

it('holds the answers of one principal until their responses are closed', async () => {
  const memory = new AnswerMemory({ limits: answerLimits(40 * MEGABYTE), waitMs: 50 })
  const first = request(memory, 'ada', 12 * MEGABYTE)
  await first.rows()
  const second = request(memory, 'ada', 12 * MEGABYTE)
  await expect(second.rows()).rejects.toMatchObject({ status: 429, code: 'TOO_MANY_UNREAD' })
  second.close()
  await request(memory, 'bob', 12 * MEGABYTE).rows()
  first.close()
  first.close()
  await request(memory, 'ada', 12 * MEGABYTE).rows()
})

it('bounds a tenant, and all together', async () => {
  const memory = new AnswerMemory({ limits: answerLimits(40 * MEGABYTE), waitMs: 50 })
  await request(memory, 'ada', 16 * MEGABYTE, ['a']).rows()
  await expect(request(memory, 'bob', 16 * MEGABYTE, ['a']).rows()).rejects.toMatchObject({
    status: 429,
    code: 'TOO_MANY_UNREAD',
  })
  await request(memory, 'eve', 16 * MEGABYTE, ['b']).rows()
  await expect(request(memory, 'kim', 16 * MEGABYTE, ['c']).rows()).rejects.toMatchObject({
    status: 503,
    code: 'ANSWERS_EXHAUSTED',
  })
})

it('says that an answer is too large by itself, where waiting would not help', async () => {
  const memory = new AnswerMemory({ limits: answerLimits(40 * MEGABYTE), waitMs: 50 })
  await expect(request(memory, 'ada', 23 * MEGABYTE).rows()).rejects.toMatchObject({
    status: 422,
    code: 'QUERY_TOO_LARGE',
    message: expect.stringContaining('22 MiB'),
  })
})

it('frees the answers of a stream when the stream has sent them', async () => {
  const memory = new AnswerMemory({ limits: { total: 3 * MEGABYTE }, waitMs: 50 })
  const principal = { subject: 'ada', scopes: [], organizations: 'all' } as const
  for (let round = 0; round < 3; round++) {
    const { database, release } = memory.forAnswer(databaseOf(2 * MEGABYTE), principal)
    await database.rows(QUERY, signal)
    await expect(memory.forAnswer(databaseOf(2 * MEGABYTE), principal).database.rows(QUERY, signal)).rejects.toThrow()
    release()
  }
})

it('waits for memory that another answer frees', async () => {
  const memory = new AnswerMemory({ limits: answerLimits(40 * MEGABYTE), waitMs: 10_000 })
  const [first, second, third, fourth] = Array.from({ length: 4 }, () => request(memory, 'ada', 20 * MEGABYTE))
  await first?.rows()
  const waiting = [second?.rows(), third?.rows()]
  // No more than two answers of one principal wait.
  await expect(fourth?.rows()).rejects.toMatchObject({ code: 'TOO_MANY_UNREAD' })
  first?.close()
  expect(await waiting[0]).toEqual([['x']])
  second?.close()
  expect(await waiting[1]).toEqual([['x']])
})

it('stops waiting when its caller leaves', async () => {
  const memory = new AnswerMemory({ limits: { total: MEGABYTE }, waitMs: 10_000 })
  await request(memory, 'ada', MEGABYTE).rows()
  const leaving = new AbortController()
  const principal = { subject: 'bob', scopes: [], organizations: 'all' } as const
  const { database } = memory.forAnswer(databaseOf(MEGABYTE), principal)
  const waiting = database.rows(QUERY, leaving.signal)
  leaving.abort()
  await expect(waiting).rejects.toMatchObject({ code: 'ANSWERS_EXHAUSTED' })
})
