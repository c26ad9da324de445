import type { KeyObject } from 'node:crypto'
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  errors,
  exportJWK,
  type FlattenedJWSInput,
  type JWTHeaderParameters,
  type JWTVerifyGetKey,
} from 'jose'

/** Finds the key that a token's header names. @throws {KeysUnavailableError} if the issuer's keys are unavailable */
export type FindKey = JWTVerifyGetKey

/** Thrown when the issuer's keys cannot be fetched. It says nothing about the token. */
export class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError'
  readonly code = 'ISSUER_KEYS_UNAVAILABLE'
  readonly retriable = true
}

export interface PublishedKeysOptions {
  /** How long keys are used after they were last fetched, in milliseconds, while the issuer is away. */
  readonly maxAgeMs: number
  readonly fetchKeys?: typeof fetch
  /** Called when a fetch fails; `ageMs` is the age of the keys that are used instead, undefined if there are none. */
  readonly failed?: (error: unknown, ageMs: number | undefined) => void
  /** Called when keys were fetched. */
  readonly fetched?: () => void
}

type LocalKeys = ReturnType<typeof createLocalJWKSet>

const FETCH_TIMEOUT_MS = 5_000
const REFRESH_AFTER_MS = 600_000
/** Between fetches for unknown key ids, so that invented ids do not cause requests. */
const UNKNOWN_KEY_COOLDOWN_MS = 30_000
/** Between a fetch that failed and the next. */
const RETRY_AFTER_MS = 5_000

/**
 * The keys that an issuer publishes, fetched when first needed, for an unknown key id, and every ten minutes. While the
 * issuer is away, the last keys are used up to `maxAgeMs`: an outage of the issuer is no outage of this service.
 */
export function publishedKeys(url: string, options: PublishedKeysOptions): FindKey {
  const { maxAgeMs, fetchKeys = fetch, failed = () => {}, fetched = () => {} } = options
  const remote = createRemoteJWKSet(new URL(url), { timeoutDuration: FETCH_TIMEOUT_MS, [customFetch]: fetchKeys })
  let known: { readonly find: LocalKeys; readonly at: number } | undefined
  let failure: { readonly error: unknown; readonly at: number } | undefined
  let underway: Promise<void> | undefined

  const age = (): number => (known === undefined ? Number.POSITIVE_INFINITY : Date.now() - known.at)
  const retriesSoon = (): boolean => failure !== undefined && Date.now() - failure.at < RETRY_AFTER_MS

  /** Fetches the keys; concurrent calls share one fetch. It never rejects. */
  function refresh(): Promise<void> {
    underway ??= fetchOnce().finally(() => {
      underway = undefined
    })
    return underway
  }

  async function fetchOnce(): Promise<void> {
    try {
      await remote.reload()
      const keys = remote.jwks()
      if (keys === undefined) throw new Error('The issuer published no key set.')
      known = { find: createLocalJWKSet(keys), at: Date.now() }
      failure = undefined
      fetched()
    } catch (error) {
      failure = { error, at: Date.now() }
      failed(error, known === undefined ? undefined : age())
    }
  }

  function unavailable(): KeysUnavailableError {
    return new KeysUnavailableError(`The issuer's keys could not be fetched from ${url}.`, { cause: failure?.error })
  }

  async function current(): Promise<LocalKeys> {
    if (age() >= REFRESH_AFTER_MS) {
      // While the issuer is away, no request waits for the attempt to reach it as long as there are keys.
      const waits = age() >= maxAgeMs || failure === undefined
      const attempt = retriesSoon() ? undefined : refresh()
      if (waits) await attempt
    }
    if (known === undefined || age() >= maxAgeMs) throw unavailable()
    return known.find
  }

  async function findCurrent(header: JWTHeaderParameters, token: FlattenedJWSInput): ReturnType<LocalKeys> {
    const find = await current()
    try {
      return await find(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      if (age() >= UNKNOWN_KEY_COOLDOWN_MS && !retriesSoon()) await refresh()
      // The issuer may have a new key that cannot be fetched now.
      if (failure !== undefined) throw unavailable()
      return (await current())(header, token)
    }
  }

  return async (header, token) => {
    try {
      return await findCurrent(header, token)
    } catch (error) {
      if (error instanceof KeysUnavailableError || TOKEN_ERRORS.some((kind) => error instanceof kind)) throw error
      throw new KeysUnavailableError('A key of the issuer cannot be read.', { cause: error })
    }
  }
}

/** Errors of the token's header; all others are faults of the published keys. */
const TOKEN_ERRORS = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported]

/** One public key, for any key id. */
export async function singleKey(key: KeyObject): Promise<FindKey> {
  const find = createLocalJWKSet({ keys: [await exportJWK(key)] })
  return ({ alg }) => find(alg === undefined ? {} : { alg })
}
