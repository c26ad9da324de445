import { exportJWK, generateKeyPair } from 'jose'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { silentTelemetry } from '../telemetry.js'
import { createAuthEvents } from './events.js'
import { KeysUnavailableError, publishedKeys } from './issuer_keys.js'

const HOUR = 3_600_000
const TOKEN = { payload: '', signature: '' }

const published = [{ ...(await exportJWK((await generateKeyPair('ES256')).publicKey)), kid: 'k1', alg: 'ES256' }]

/** An issuer whose answers a test chooses. */
function issuer() {
  const telemetry = silentTelemetry()
  const events = createAuthEvents(telemetry, 'query')
  const state = { fetches: 0, answer: async (): Promise<Response> => Response.json({ keys: published }) }
  const find = publishedKeys('https://issuer.example/keys', {
    maxAgeMs: 24 * HOUR,
    fetchKeys: async () => {
      state.fetches++
      return state.answer()
    },
    fetched: events.keysFetched,
    failed: events.keysNotFetched,
  })
  return { state, find: (kid = 'k1') => find({ alg: 'ES256', kid }, TOKEN), telemetry }
}

const away = async (): Promise<Response> => Promise.reject(new TypeError('fetch failed'))

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 })
})

afterEach(() => {
  vi.useRealTimers()
})

function pass(milliseconds: number): void {
  vi.setSystemTime(Date.now() + milliseconds)
}

describe('while the issuer is away', () => {
  it('its last keys are used for a day, and no request waits for it', async () => {
    const { state, find } = issuer()
    await find()
    state.answer = away
    pass(HOUR)
    await find()
    // It hangs now: a request that waited for it would never end.
    state.answer = () => new Promise(() => {})
    for (let hour = 1; hour < 23; hour++) {
      await find()
      pass(HOUR)
    }
    pass(HOUR - 1)
    await find()
    expect(state.fetches).toBe(3)
  })

  it('they are refused after that, until it is back', async () => {
    const { state, find } = issuer()
    await find()
    state.answer = away
    pass(24 * HOUR)
    await expect(find()).rejects.toThrow(KeysUnavailableError)
    state.answer = async () => Response.json({ keys: published })
    await expect(find()).rejects.toThrow(KeysUnavailableError)
    pass(5_000)
    await find()
  })

  it('it is asked every five seconds at most, and an unknown key is not the fault of the token', async () => {
    const { state, find } = issuer()
    await find()
    state.answer = away
    pass(HOUR)
    for (let second = 0; second < 20; second++) {
      await find()
      await expect(find('new')).rejects.toThrow(KeysUnavailableError)
      pass(1_000)
    }
    expect(state.fetches).toBeLessThanOrEqual(1 + 4)
  })

  it('metrics say so, and one log line', async () => {
    const { state, find, telemetry } = issuer()
    const warn = vi.spyOn(telemetry.log, 'warn')
    const info = vi.spyOn(telemetry.log, 'info')
    await find()
    state.answer = away
    for (let minute = 0; minute < 30; minute++) {
      pass(60_000)
      await find()
    }
    const text = await telemetry.metrics.metrics()
    expect(text).toContain('gatelog_query_issuer_keys_fetched_timestamp_seconds 1800000000')
    expect(text).toMatch(/gatelog_query_issuer_keys_failures_total (1\d|2\d)\n/)
    expect(warn).toHaveBeenCalledTimes(1)
    expect(warn.mock.calls[0]?.[0]).toMatchObject({ keysAgeSeconds: 600 })

    state.answer = async () => Response.json({ keys: published })
    pass(60_000)
    await find()
    await vi.waitFor(() => expect(info).toHaveBeenCalledTimes(1))
  })
})

it('keys that cannot be read are the fault of the issuer', async () => {
  const { state, find } = issuer()
  state.answer = async () =>
    Response.json({ keys: [{ kty: 'EC', crv: 'P-256', x: '!', y: '!', kid: 'k1', alg: 'ES256' }] })
  await expect(find()).rejects.toThrow(KeysUnavailableError)
})
