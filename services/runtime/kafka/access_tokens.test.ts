import { describe, expect, it } from 'vitest'
import { accessTokens } from './access_tokens.js'

const client = { url: 'https://issuer.example/token', clientId: 'gate log', clientSecret: 'a secret' }

/** A token endpoint that answers with the next of these, and counts. */
function endpoint(...answers: readonly Response[]) {
  const left = [...answers]
  const asked: RequestInit[] = []
  const send = (async (_url: string, options: RequestInit) => {
    asked.push(options)
    return left.shift() ?? Promise.reject(new TypeError('fetch failed'))
  }) as typeof fetch
  return { asked, send }
}

const token = (access_token: string, expires_in: number) =>
  Response.json({ access_token, token_type: 'bearer', expires_in })

describe('accessTokens', () => {
  it('asks once for calls at the same time, and again when most of a token’s life has passed', async () => {
    const { asked, send } = endpoint(token('first', 100), token('second', 100))
    let now = 0
    const tokens = accessTokens(client, { fetch: send, now: () => now })
    expect(await Promise.all([tokens(), tokens()])).toEqual(['first', 'first'])
    now = 79_000
    expect(await tokens()).toBe('first')
    now = 80_000
    expect(await tokens()).toBe('second')
    expect(asked).toHaveLength(2)
  })

  it('asks again after a failure, and names the reason without the secret', async () => {
    const refused = Response.json({ error: 'invalid_client' }, { status: 401 })
    const { send } = endpoint(refused, new Response('no JSON'), token('third', 100))
    const tokens = accessTokens(client, { fetch: send })
    await expect(tokens()).rejects.toThrow('The token endpoint gave no token: invalid_client.')
    await expect(tokens()).rejects.toThrow('The token endpoint gave no token: its answer is not a token response.')
    expect(await tokens()).toBe('third')
    await expect(accessTokens(client, { fetch: send })()).rejects.toThrow(/^(?!.*a secret).*it does not answer/)
  })
})
