import type { KeyObject } from 'node:crypto'
import { createLocalJWKSet, createRemoteJWKSet, customFetch, errors, exportJWK, type JWTVerifyGetKey } from 'jose'

/** Finds the key that a token's header names. @throws {KeysUnavailableError} when the issuer's keys cannot be had */
export type FindKey = JWTVerifyGetKey

/** Thrown when a token cannot be checked because the issuer's keys cannot be fetched, which says nothing about the token. */
export class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError'
  readonly code = 'ISSUER_KEYS_UNAVAILABLE'
  readonly retriable = true
}

/** The keys that an issuer publishes: fetched when first needed, again when a token names an unknown one, and every ten minutes. */
export function publishedKeys(url: string, fetchKeys: typeof fetch = fetch): FindKey {
  const find = createRemoteJWKSet(new URL(url), { timeoutDuration: 5_000, [customFetch]: fetchKeys })
  return async (header, token) => {
    try {
      return await find(header, token)
    } catch (error) {
      if (TOKENS_FAULT.some((kind) => error instanceof kind)) throw error
      throw new KeysUnavailableError(`The issuer's keys could not be fetched from ${url}.`, { cause: error })
    }
  }
}

/** What is wrong with a token's header, not with the fetching of keys. */
const TOKENS_FAULT = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported]

/** One public key, for whatever key id a token names. */
export async function singleKey(key: KeyObject): Promise<FindKey> {
  const find = createLocalJWKSet({ keys: [await exportJWK(key)] })
  return ({ alg }) => find(alg === undefined ? {} : { alg })
}
