import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { REDACTED, redact, redactText } from './redact.js'
import { isSecretKey } from './secret_key.js'

const SECRET = 'k3Jd9-sLq_02mVx7'

describe('a key names a secret', () => {
  it.each([
    ...['password', 'Password', 'user_password', 'bind_password', 'client_secret', 'clientSecret', 'api_key', 'apiKey'],
    ...[
      'API-KEY',
      'X-Auth-Token',
      'access_token',
      'tokens',
      'Set-Cookie',
      'authorization',
      'privateKey',
      'login_ticket',
    ],
  ])('%s', (key) => expect(isSecretKey(key)).toBe(true))

  it.each([
    ...['token_id', 'token_type', 'token_endpoint', 'username', 'user_id', 'key', 'keyboard', 'secretary', 'author'],
    ...[
      'tokenizer',
      'passport',
      'email',
      'password_changed_at',
      'pinned',
      'compass',
      'session',
      'client_id',
      'credentialType',
    ],
  ])('but %s does not', (key) => expect(isSecretKey(key)).toBe(false))
})

describe('text loses', () => {
  const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl'
  it.each([
    ['a JWT', `the token ${jwt} is bad`, `the token ${REDACTED} is bad`],
    ['the payload of a JWT', 'eyJzdWIiOiJ4IiwiYSI6MX0', REDACTED],
    [
      'a token in a URL',
      `https://a.example/cb?access_token=${SECRET}&state=1`,
      `https://a.example/cb?access_token=${REDACTED}&state=1`,
    ],
    ['a token in a fragment', `https://a.example/#id_token=${SECRET}`, `https://a.example/#id_token=${REDACTED}`],
    ['an authorization code', `https://a.example/?code=${SECRET}`, `https://a.example/?code=${REDACTED}`],
    ['a bearer credential', `Authorization: Bearer ${SECRET}`, `Authorization: Bearer ${REDACTED}`],
    ['a basic credential', 'Basic dXNlcjpwYXNzd29yZA==', `Basic ${REDACTED}`],
    ['a password in a URL', 'ldap://cn:hunter2@dir.example', `ldap://cn:${REDACTED}@dir.example`],
    ['a private key', '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----', REDACTED],
    [
      'a value in single quotes',
      "login failed: password='Hunter2 xx', user='ada'",
      `login failed: password=${REDACTED}, user='ada'`,
    ],
    ['a value in quotes that was cut', "DB_PASSWORD = 'Hunter2", `DB_PASSWORD = ${REDACTED}`],
    ['a value of Java', "User{name='ada', pass='letmein'}", `User{name='ada', pass=${REDACTED}}`],
    ['a cookie', 'Cookie: theme=dark', `Cookie: ${REDACTED}`],
    ['a secret in JSON within it', `{"password":"${SECRET}","a":1}`, `{"password":"${REDACTED}","a":1}`],
  ])('%s', (_, text, expected) => expect(redactText(text)).toBe(expected))

  it.each([
    'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0',
    'ada@example.com',
    '019b76da-a800-7000-8000-0123456789ab',
    'https://app.example/?page=2&sort=asc',
    'basic plan',
    'Cookie: none sent by the browser',
    "the name='ada' and the stage='Password'",
  ])('nothing where there is none: %s', (text) => expect(redactText(text)).toBe(text))
})

it('finds a secret at any depth and keeps what lies beside it', () => {
  const nested = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 6 }, fc.constant('kept'), fc.array(tie('value'), { maxLength: 3 }), tie('object')),
    object: fc.dictionary(fc.constantFrom('a', 'settings', 'host'), tie('value'), { maxKeys: 3 }),
  })).object
  fc.assert(
    fc.property(nested, fc.constantFrom('password', 'api_key', 'clientSecret'), (object, key) => {
      const redacted = redact({ object, list: [{ [key]: SECRET, beside: object }] })
      expect(JSON.stringify(redacted)).not.toContain(SECRET)
      expect(redacted).toEqual({ object, list: [{ [key]: REDACTED, beside: object }] })
    }),
  )
})

it('ends for a value that is nested without end', () => {
  const endless: unknown[] = []
  endless.push(endless)
  expect(JSON.stringify(redact(endless))).toContain(REDACTED)
})
