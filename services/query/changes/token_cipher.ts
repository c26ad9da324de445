import { createCipheriv, createDecipheriv, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'

/**
 * Authenticated encryption in which the same text always has the same result: SIV (Rogaway and Shrimpton,
 * "Deterministic Authenticated-Encryption", 2006), with HMAC-SHA256, cut to 96 bits, as the pseudorandom function and
 * AES-256-CTR as the cipher. The code that authenticates the text is also the initialization vector.
 */
export interface TokenCipher {
  encrypt(text: Buffer): Buffer
  /** Returns undefined for bytes that `encrypt` has not made with the same key. */
  decrypt(bytes: Buffer): Buffer | undefined
}

const CIPHER = 'aes-256-ctr'
const CODE_BYTES = 12
/** The counter of the cipher starts at zero, in the last bytes of the initialization vector. */
const COUNTER = Buffer.alloc(16 - CODE_BYTES)

export function createTokenCipher(key: Buffer): TokenCipher {
  const derive = (purpose: string) =>
    Buffer.from(hkdfSync('sha256', key, '', `gatelog position tokens: ${purpose}`, 32))
  const [encryptionKey, authenticationKey] = [derive('encryption'), derive('authentication')]
  const codeOf = (text: Buffer) => createHmac('sha256', authenticationKey).update(text).digest().subarray(0, CODE_BYTES)

  return {
    encrypt(text) {
      const code = codeOf(text)
      const cipher = createCipheriv(CIPHER, encryptionKey, Buffer.concat([code, COUNTER]))
      return Buffer.concat([code, cipher.update(text), cipher.final()])
    },
    decrypt(bytes) {
      if (bytes.length < CODE_BYTES) return undefined
      const code = bytes.subarray(0, CODE_BYTES)
      const decipher = createDecipheriv(CIPHER, encryptionKey, Buffer.concat([code, COUNTER]))
      const text = Buffer.concat([decipher.update(bytes.subarray(CODE_BYTES)), decipher.final()])
      return timingSafeEqual(codeOf(text), code) ? text : undefined
    },
  }
}
