/** What stands in place of a secret. */
export const REDACTED = '[redacted]'

/**
 * The kinds of secrets that are counted: a value under a name that says so, a token of JSON (JWT), credentials of an
 * HTTP header or a URL, a cookie, a private key, a key of a cloud or a code host, a parameter of a URL, random text
 * where no id belongs, a password typed as the user name, and what a hook found.
 */
export const secretKinds = [
  'key',
  'jwt',
  'credentials',
  'cookie',
  'private_key',
  'cloud_key',
  'url',
  'random',
  'user_name',
  'hook',
] as const
export type SecretKind = (typeof secretKinds)[number]

/** Called for each secret that is replaced. */
export type Found = (kind: SecretKind) => void
