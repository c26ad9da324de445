import { createHash, randomBytes } from 'node:crypto'

/** 256 random bits: nobody can find a key by its hash, so a fast hash is enough. */
const KEY_BYTES = 32
const PREFIX = 'gatelog_'

/** Returns a new API key. Its prefix says what it is, to people and to programs that search for secrets. */
export function newApiKey(): string {
  return `${PREFIX}${randomBytes(KEY_BYTES).toString('base64url')}`
}

/** Whether a text has the form of an API key. Keys of another form are not accepted: they may be guessable. */
export function isApiKey(text: string): boolean {
  return /^gatelog_[A-Za-z0-9_-]{43}$/.test(text)
}

/** The SHA-256 of an API key: what the configuration has instead of the key. */
export function apiKeyHash(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}
