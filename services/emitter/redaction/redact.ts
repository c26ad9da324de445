/** What stands in place of a secret. */
export const REDACTED = '[redacted]'

/**
 * Returns a copy of a JSON value without its secrets: values under a key that names one, at any depth, and texts that
 * look like one. JSON within text is searched too. Fields that identify a person are kept.
 */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value, depth)
  if (typeof value !== 'object' || value === null) return value
  if (depth >= MAX_DEPTH) return REDACTED
  if (Array.isArray(value)) return value.map((entry) => redact(entry, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [
      redactText(key, depth),
      isSecretKey(key) && entry !== null && entry !== '' ? REDACTED : redact(entry, depth + 1),
    ]),
  )
}

/** Deeper values are replaced as a whole: nobody nests so deep, and the walk must end. */
const MAX_DEPTH = 32

/** Words that make a key name a secret: `client_secret`, `apiKey`, `X-Auth-Token`. */
const SECRET_WORDS: ReadonlySet<string> = new Set([
  ...['password', 'passwd', 'passphrase', 'pwd', 'secret', 'token', 'jwt', 'credential', 'credentials', 'cookie'],
  ...['authorization', 'apikey', 'privatekey', 'otp', 'totp', 'pin', 'ticket', 'assertion', 'signature', 'bearer'],
])
/** Pairs of words that name a secret together: `api_key`, `private-key`. */
const SECRET_PAIRS: ReadonlySet<string> = new Set([
  ...['api key', 'private key', 'access key', 'secret key', 'signing key', 'encryption key', 'set cookie'],
  ...['auth code', 'authorization code', 'recovery code', 'verification code', 'id token', 'pass word'],
])
/**
 * Words after which a key names something about a secret, and not the secret: `token_id`, `token_type`, `password_age`.
 */
const ABOUT_WORDS: ReadonlySet<string> = new Set([
  ...['id', 'ids', 'type', 'count', 'age', 'expires', 'expiry', 'expiration', 'length', 'name', 'endpoint', 'url'],
  ...['policy', 'at', 'method', 'changed', 'enabled', 'required', 'version', 'alg', 'algorithm', 'lifetime', 'ttl'],
])

/** Whether a key names a secret, by its whole words in `snake_case`, `kebab-case` or `camelCase`. */
export function isSecretKey(key: string): boolean {
  const words = key
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
  const last = words.at(-1)
  if (words.length > 1 && last !== undefined && ABOUT_WORDS.has(last)) return false
  return words.some(
    (word, index) => SECRET_WORDS.has(word.replace(/s$/, '')) || SECRET_WORDS.has(word) || isPair(words, index),
  )
}

function isPair(words: readonly string[], index: number): boolean {
  return SECRET_PAIRS.has(`${words[index]} ${words[index + 1]?.replace(/s$/, '')}`)
}

const PATTERNS: readonly (readonly [RegExp, string])[] = [
  // PEM (RFC 7468).
  [/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g, REDACTED],
  // A JWT (RFC 7519), or its payload alone: base64url of `{"`.
  [/\beyJ[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]*){0,4}/g, REDACTED],
  // Credentials of an Authorization header (RFC 7617, RFC 6750).
  [/\b(basic|bearer|digest)( +)[A-Za-z0-9+/=._~-]{8,}/gi, `$1$2${REDACTED}`],
  // Passwords in URLs (RFC 3986, section 3.2.1).
  [/\b([a-z][a-z0-9+.-]*:\/\/[^\s/:@]+:)[^\s/@]+@/gi, `$1${REDACTED}@`],
  // Keys of clouds and code hosts, which have forms of their own.
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, REDACTED],
  [/\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,}|xox[abprs]-[A-Za-z0-9-]{10,})/g, REDACTED],
  [/\bAIza[A-Za-z0-9_-]{35}\b/g, REDACTED],
]

/** `name=value` of URL queries, fragments, forms and cookies. */
const NAMED_VALUE = /([?&#;\s]|^)([A-Za-z][\w.-]*)=([^&#;\s"']+)/g

/** Returns text without what looks like a secret. */
export function redactText(text: string, depth = 0): string {
  const inner = jsonWithin(text)
  if (inner !== undefined && depth < MAX_DEPTH) return JSON.stringify(redact(inner, depth + 1))
  const replaced = PATTERNS.reduce((kept, [pattern, mark]) => kept.replace(pattern, mark), text)
  if (!replaced.includes('=')) return replaced
  return replaced.replace(NAMED_VALUE, (whole, before: string, name: string) =>
    isSecretKey(name) || name === 'code' ? `${before}${name}=${REDACTED}` : whole,
  )
}

function jsonWithin(text: string): object | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
