import type { EventSourceMessage } from 'eventsource-parser'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { CliError } from '../errors.js'
import { ConnectionLostError, type ConnectionOptions } from './connection.js'
import { follow, type TailEvent } from './follow.js'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout'], shouldAdvanceTime: true, advanceTimeDelta: 1_000 })
})
afterEach(() => {
  vi.useRealTimers()
})

type Scene = readonly (Partial<EventSourceMessage> | Error)[] | Error

/** Follows a service that plays one scene for each connection, until `count` news have come. */
async function collect(scenes: readonly Scene[], count: number) {
  const asked: (string | undefined)[] = []
  const leaving = new AbortController()
  let tokens = 0
  const following = follow({
    address: 'http://127.0.0.1:7400/v1/auth_audits/tail',
    token: async () => `token-${++tokens}`,
    signal: leaving.signal,
    open: async ({ lastEventId, token }: ConnectionOptions) => {
      expect(token).toBe(`token-${tokens}`)
      const scene = scenes[asked.length] ?? []
      asked.push(lastEventId)
      if (scene instanceof Error) throw scene
      return {
        events: (async function* () {
          for (const event of scene) {
            if (event instanceof Error) throw event
            yield { data: '{}', ...event }
          }
        })(),
      }
    },
  })
  const got: TailEvent[] = []
  for await (const item of following) {
    got.push(item)
    if (got.length === count) leaving.abort()
  }
  return { got, asked, tokens }
}

const record = (id: string) => ({ id, data: `{"event_id":"${id}"}` })

describe('following', () => {
  it('continues after the last record when the connection breaks', async () => {
    const scenes: Scene[] = [
      [{ id: 'a', event: 'position' }, record('b'), new ConnectionLostError('ECONNRESET')],
      new ConnectionLostError('ECONNREFUSED'),
      [{ id: 'c', event: 'position' }, record('d')],
    ]
    const { got, asked } = await collect(scenes, 5)
    expect(asked).toEqual([undefined, 'b', 'b'])
    expect(got).toEqual([
      { record: { event_id: 'b' } },
      { disconnected: 'ECONNRESET', retryInSeconds: 1 },
      { disconnected: 'ECONNREFUSED', retryInSeconds: 2 },
      { reconnected: true },
      { record: { event_id: 'd' } },
    ])
  })

  it('continues from a position that came without a record', async () => {
    const scenes: Scene[] = [[{ id: 'c', event: 'position' }], [record('d')]]
    const { asked } = await collect(scenes, 3)
    expect(asked).toEqual([undefined, 'c'])
  })

  it('reconnects with a new token when one has expired, without a message', async () => {
    const end = { event: 'end', data: '{"reason":"token_expired","detail":""}' }
    const { got, asked, tokens } = await collect([[record('a'), end], [record('b')]], 2)
    expect(got).toEqual([{ record: { event_id: 'a' } }, { record: { event_id: 'b' } }])
    expect(asked).toEqual([undefined, 'a'])
    expect(tokens).toBe(2)
  })

  it('reconnects to a service that was stopped', async () => {
    const end = { event: 'end', data: '{"reason":"shutdown","detail":""}' }
    const { got } = await collect([[end], [record('b')]], 3)
    expect(got).toEqual([
      { disconnected: 'the service is stopping', retryInSeconds: 1 },
      { reconnected: true },
      { record: { event_id: 'b' } },
    ])
  })
})

describe('fails', () => {
  it('when the first attempt gets no answer', async () => {
    await expect(collect([new ConnectionLostError('ECONNREFUSED')], 1)).rejects.toMatchObject({
      code: 'SERVICE_AWAY',
      message: expect.stringContaining('http://127.0.0.1:7400 does not answer (ECONNREFUSED)'),
    })
  })

  it('when the service rejects the request, at first or later', async () => {
    const refused = new CliError('TAIL_REFUSED', 'usr: is not a parameter.')
    await expect(collect([refused], 1)).rejects.toBe(refused)
    await expect(collect([[record('a')], refused], 5)).rejects.toBe(refused)
    const end = { event: 'end', data: '{"reason":"too_large","detail":"Give a narrower filter."}' }
    await expect(collect([[end]], 1)).rejects.toMatchObject({
      code: 'TAIL_REFUSED',
      message: 'Give a narrower filter.',
    })
  })
})
