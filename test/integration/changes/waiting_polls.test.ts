import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest'
import type { QueryParts } from '../../../services/query/app.js'
import { clickhouseDatabase, type Database } from '../../../services/query/clickhouse/database.js'
import { buildReader, type Reader, type Shown, shown } from '../../fixtures/query/reader.js'
import { type StoredTopic, storedTopic } from '../../fixtures/records/stored_topic.js'

const TIMING = { pollMs: 50, heartbeatMs: 400, stallMs: 1_500 }

let reader: Reader
let topic: StoredTopic
const apps: FastifyInstance[] = []

beforeAll(async () => {
  reader = await buildReader(inject('servers'))
  topic = storedTopic(reader.client('ingest'))
})

afterEach(async () => {
  for (const app of apps.splice(0)) await app.close()
})

afterAll(() => reader.close())

/** A service that listens. */
async function listen(
  parts: Partial<QueryParts> = {},
  database: Database = clickhouseDatabase(reader.client('query')),
) {
  const app = await reader.appOver(database, undefined, { timing: TIMING, ...parts })
  apps.push(app)
  return { url: await app.listen({ host: '127.0.0.1', port: 0 }) }
}

describe('a poll that waits', () => {
  async function poll(url: string, query: string): Promise<{ auth_audits: Shown[]; next: string; status: number }> {
    const response = await fetch(`${url}/v1/auth_audits/changes?${query}`, {
      headers: { authorization: await reader.authorization() },
    })
    return { ...((await response.json()) as object), status: response.status } as never
  }

  it('is answered when a matching record becomes visible, and is empty after its time', async () => {
    const { url } = await listen()
    const wanted = shown({ event: 'Wanted' })
    const answer = poll(url, 'after=now&wait=20s&event=Wanted')
    await sleep(300)
    await topic.add(0, [shown({ event: 'Other' })])
    await sleep(300)
    await topic.add(0, [wanted])
    expect((await answer).auth_audits).toEqual([wanted])

    const began = Date.now()
    const { auth_audits, next } = await poll(url, 'after=now&wait=700ms')
    expect(auth_audits).toEqual([])
    expect(Date.now() - began).toBeGreaterThanOrEqual(690)
    await topic.add(
      0,
      [wanted].map((record) => ({ ...record, event_id: crypto.randomUUID() })),
    )
    expect((await poll(url, `after=${next}&wait=20s`)).auth_audits).toHaveLength(1)
  })

  it('costs the database no more when many polls wait', async () => {
    let asked = 0
    const database = clickhouseDatabase(reader.client('query'))
    const counting: Database = {
      rows: (query, signal, most) => {
        asked++
        return database.rows(query, signal, most)
      },
    }
    const { url } = await listen({}, counting)
    const waiting = Array.from({ length: 40 }, () => poll(url, 'after=now&wait=2s'))
    await sleep(1_000)
    const before = asked
    await sleep(500)
    expect(asked - before).toBeGreaterThan(0)
    expect(asked - before).toBeLessThanOrEqual(500 / TIMING.pollMs + 1)
    for (const { status } of await Promise.all(waiting)) expect(status).toBe(200)
    await sleep(300)
    const after = asked
    await sleep(300)
    expect(asked).toBe(after)
  })

  it('is rejected when too many readers wait, and stops waiting when its caller leaves', async () => {
    const { url } = await listen({ waitingLimits: { total: 1, perPrincipal: 5 } })
    const leaving = new AbortController()
    const first = fetch(`${url}/v1/auth_audits/changes?after=now&wait=30s`, {
      headers: { authorization: await reader.authorization() },
      signal: leaving.signal,
    })
    first.catch(() => undefined)
    await sleep(500)
    const refused = await poll(url, 'after=now&wait=30s')
    expect(refused).toMatchObject({ status: 503, error_code: 'SEATS_TAKEN' })
    expect((await poll(url, 'after=now')).status).toBe(200)
    leaving.abort()
    await sleep(200)
    expect((await poll(url, 'after=now&wait=100ms')).status).toBe(200)
  })
})
