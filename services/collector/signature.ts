import { createHmac, timingSafeEqual } from 'node:crypto'

/**
 * Whether `signature` is the HMAC-SHA256 of `body` with the key `secret`, in hexadecimal. Compares in constant time, so
 * that nobody can guess a signature byte by byte.
 */
export function isHmacSha256(signature: string | undefined, body: Buffer, secret: string): boolean {
  if (signature === undefined || !HEX_SHA256.test(signature)) return false
  return timingSafeEqual(Buffer.from(signature, 'hex'), createHmac('sha256', secret).update(body).digest())
}

const HEX_SHA256 = /^[0-9a-f]{64}$/i
