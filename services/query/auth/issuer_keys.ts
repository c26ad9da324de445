import type { KeyObject } from 'node:crypto'
import { createLocalJWKSet, createRemoteJWKSet, customFetch, errors, exportJWK, type JWTVerifyGetKey } from 'jose'

/** Finds the key that a token's header names. @throws {KeysUnavailableError} if the issuer's keys are unavailable */
export type FindKey = JWTVerifyGetKey

/** Thrown when the issuer's keys cannot be fetched. It says nothing about the token. */
export class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError'
  readonly code = 'ISSUER_KEYS_UNAVAILABLE'
  readonly retriable = true
}

/** The keys that an issuer publishes, fetched when first needed, for an unknown key id, and every ten minutes. */
export function publishedKeys(url: string, fetchKeys: typeof fetch = fetch): FindKey {
  const find = createRemoteJWKSet(new URL(url), { timeoutDuration: 5_000, [customFetch]: fetchKeys })
  return async (header, token) => {
    try {
      return await find(header, token)
    } catch (error) {
      if (TOKEN_ERRORS.some((kind) => error instanceof kind)) throw error
      throw new KeysUnavailableError(`The issuer's keys could not be fetched from ${url}.`, { cause: error })
    }
  }
}

/** Errors of the token's header; all others are failures to fetch the keys. */
const TOKEN_ERRORS = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported]

/** One public key, for any key id. */
export async function singleKey(key: KeyObject): Promise<FindKey> {
  const find = createLocalJWKSet({ keys: [await exportJWK(key)] })
  return ({ alg }) => find(alg === undefined ? {} : { alg })
}
