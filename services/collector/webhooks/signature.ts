import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/** The digests that an HMAC may have, by the length of its hexadecimal text. */
const DIGESTS: ReadonlyMap<number, string> = new Map([
  [40, 'sha1'],
  [64, 'sha256'],
])

/**
 * Whether `signature` is the HMAC-SHA256 or HMAC-SHA1 of `body` under one of the `secrets`, in hexadecimal. Compares in
 * constant time, so that nobody can guess a signature byte by byte.
 */
export function isHmac(signature: string | undefined, body: Buffer, secrets: readonly string[]): boolean {
  const digest = signature === undefined || !HEX.test(signature) ? undefined : DIGESTS.get(signature.length)
  if (signature === undefined || digest === undefined) return false
  const given = Buffer.from(signature, 'hex')
  return anyOf(secrets, (secret) => timingSafeEqual(given, createHmac(digest, secret).update(body).digest()))
}

const HEX = /^[0-9a-f]+$/i

/**
 * Whether an `Authorization` header carries one of the `secrets`, alone or after `Bearer`. Compares in constant time.
 */
export function isBearerSecret(authorization: string | undefined, secrets: readonly string[]): boolean {
  const given = authorization?.replace(/^Bearer +/i, '').trim()
  if (given === undefined || given === '') return false
  return anyOf(secrets, (secret) => timingSafeEqual(hash(given), hash(secret)))
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** Tries every secret, so the time does not reveal which one matches. */
function anyOf(secrets: readonly string[], fits: (secret: string) => boolean): boolean {
  return secrets.map(fits).includes(true)
}
