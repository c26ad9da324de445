/** Words that make a key name a secret: `client_secret`, `apiKey`, `X-Auth-Token`. */
const SECRET_WORDS: ReadonlySet<string> = new Set([
  ...['password', 'passwd', 'pass', 'passphrase', 'passcode', 'pwd', 'secret', 'token', 'jwt', 'credential', 'cookie'],
  ...['authorization', 'apikey', 'privatekey', 'otp', 'totp', 'pin', 'ticket', 'assertion', 'signature', 'bearer'],
  ...['sig', 'mnemonic', 'apitoken', 'authtoken', 'accesstoken', 'refreshtoken', 'idtoken', 'clientsecret'],
])
/** Pairs of words that name a secret together: `api_key`, `private-key`. */
const SECRET_PAIRS: ReadonlySet<string> = new Set([
  ...['api key', 'private key', 'access key', 'secret key', 'signing key', 'encryption key', 'account key'],
  ...['auth key', 'shared key', 'set cookie', 'pass word', 'id token', 'connection string', 'saml response'],
  ...['auth code', 'authorization code', 'recovery code', 'verification code', 'backup code', 'device code'],
  ...['user code', 'mfa code', 'sms code', 'reset code', 'login code', 'one time', 'code verifier'],
])
/**
 * Words after which a key names something about a secret, and not the secret: `token_id`, `token_type`, `password_age`.
 */
const ABOUT_WORDS: ReadonlySet<string> = new Set([
  ...['id', 'ids', 'type', 'count', 'age', 'expires', 'expiry', 'expiration', 'length', 'name', 'endpoint', 'url'],
  ...['policy', 'at', 'method', 'changed', 'enabled', 'required', 'version', 'alg', 'algorithm', 'lifetime', 'ttl'],
  ...['expired', 'valid', 'invalid', 'status', 'state', 'hint', 'issuer', 'owner', 'user', 'username', 'email'],
])
/** Words of keys that identify a person: these stay, even beside a secret in an object of credentials. */
const PERSON_WORDS: ReadonlySet<string> = new Set([
  ...['user', 'username', 'login', 'email', 'mail', 'phone', 'name', 'subject', 'sub', 'account', 'principal'],
])

/** The words of a key in `snake_case`, `kebab-case`, `camelCase` or `user[form]`, in lower case. */
function wordsOf(key: string): readonly string[] {
  return key
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
}

/** Names are few, and the same ones come again. */
const known = new Map<string, boolean>()
const MAX_KNOWN = 2_000

/** Whether a key names a secret, by its whole words. */
export function isSecretKey(key: string): boolean {
  const found = known.get(key)
  if (found !== undefined) return found
  if (known.size >= MAX_KNOWN) known.clear()
  const secret = namesSecret(wordsOf(key))
  // A long key is no name that comes again, and would be kept for nothing.
  if (key.length <= 64) known.set(key, secret)
  return secret
}

function namesSecret(words: readonly string[]): boolean {
  const last = words.at(-1)
  if (words.length > 1 && last !== undefined && ABOUT_WORDS.has(last)) return false
  return words.some((word, index) => SECRET_WORDS.has(singular(word)) || isPair(words, index))
}

function isPair(words: readonly string[], index: number): boolean {
  return SECRET_PAIRS.has(`${words[index]} ${singular(words[index + 1] ?? '')}`)
}

function singular(word: string): string {
  return SECRET_WORDS.has(word) ? word : word.replace(/s$/, '')
}

/** Whether a key within an object of secrets names who or what they belong to, and not one of them. */
export function isBesideSecret(key: string): boolean {
  const last = wordsOf(key).at(-1) ?? ''
  return ABOUT_WORDS.has(last) || PERSON_WORDS.has(last)
}
