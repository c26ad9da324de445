import { type Found, REDACTED, type SecretKind } from './kinds.js'
import { isProse, isRandom } from './random_text.js'
import { isSecretKey } from './secret_key.js'

/** What text with a name and a value has, in lower case. */
export const namedMarks: readonly string[] = [
  // Of two bytes at least: `=` follows a letter, a digit, a bracket or a blank.
  ...Array.from('abcdefghijklmnopqrstuvwxyz0123456789_-.]) ', (before) => `${before}=`),
  ...['%3d', '%253d', '":', "':", '" :', "' :", ': ', ':\t'],
  ...['cookie:', 'authorization:', 'password:', 'passwd:', 'pwd:', 'secret:', 'token:', 'key:'],
]

/** Replaces the values that have the name of a secret in text: quoted, in a URL, a form, a cookie or a header. */
export function replaceNamed(text: string, found: Found): string {
  const withoutHeaders = text.includes(':') ? replaceAfterColon(replaceQuoted(text, found), found) : text
  return replaceAssigned(withoutHeaders, found, 0)
}

/** The mark as the parts of a text see it that end before a bracket. */
const OPEN_MARK = REDACTED.slice(0, -1)

function mark(found: Found, kind: SecretKind): string {
  found(kind)
  return REDACTED
}

/** `"name": "value"`, also within a JSON text within another, where quotes have backslashes. */
const QUOTED =
  /(\\{0,15})(["'])([A-Za-z_][\w.\- ]{0,63})\1\2(\s{0,8}:\s{0,8})(?:\1\2((?:(?!(?<!\\)\1\2)[\s\S])*)|([-+]?\d[\w.+-]*))/g

function replaceQuoted(text: string, found: Found): string {
  return text.replace(
    QUOTED,
    (whole, slashes: string, quote: string, name: string, colon: string, value: string | undefined) => {
      const quoted = value === undefined ? '' : `${slashes}${quote}`
      const start = `${slashes}${quote}${name}${slashes}${quote}${colon}${quoted}`
      if (value === '' || value === REDACTED) return whole
      if (isSecretKey(name)) return `${start}${mark(found, 'key')}`
      return value?.includes(':') ? `${start}${replaceQuoted(value, found)}` : whole
    },
  )
}

/** `Name: value` of a header or a sentence. */
const NAME_AND_COLON = /(?:^|[\s,;{}()[\]<>"'/=|&?])([A-Za-z][\w-]{0,63}):[ \t]{0,8}/g

function replaceAfterColon(text: string, found: Found): string {
  let kept = ''
  let done = 0
  for (const { 0: start, 1: name = '', index } of text.matchAll(NAME_AND_COLON)) {
    const from = index + start.length
    const value = from > done ? secretAfter(name, text, from) : undefined
    if (value === undefined) continue
    kept += `${text.slice(done, value.from)}${mark(found, value.kind)}`
    done = value.to
  }
  return done === 0 ? text : kept + text.slice(done)
}

interface Part {
  readonly kind: SecretKind
  readonly from: number
  readonly to: number
}

const LINE = /[^\r\n]*/y
const WORD = /[^\s,;"'<>)}\]]*/y
const SCHEME = /[A-Za-z][\w-]{0,20} +(?=\S)/y

/** The secret in the text after a name and a colon: a header's whole line, or the next word. */
function secretAfter(name: string, text: string, from: number): Part | undefined {
  if (/^(?:set-)?cookie$/i.test(name)) {
    const line = matchAt(LINE, text, from)
    // `Cookie: missing` is a sentence.
    return line.includes('=') ? partOf('cookie', from, line) : undefined
  }
  if (/^(?:proxy-)?authorization$/i.test(name)) {
    const scheme = matchAt(SCHEME, text, from)
    const line = matchAt(LINE, text, from + scheme.length)
    // Digest has the name of the user, and its response is replaced by its form.
    return isProse(line) || /^digest /i.test(scheme) ? undefined : partOf('credentials', from + scheme.length, line)
  }
  if (!isSecretKey(name)) return undefined
  const word = matchAt(WORD, text, from)
  // `Token: expired` is a sentence, and `tokens: 5` a number of them.
  return word.length < 4 || isProse(word) ? undefined : partOf('key', from, word)
}

function partOf(kind: SecretKind, from: number, text: string): Part | undefined {
  return text === '' || text.startsWith(OPEN_MARK) ? undefined : { kind, from, to: from + text.length }
}

function matchAt(pattern: RegExp, text: string, index: number): string {
  pattern.lastIndex = index
  return pattern.exec(text)?.[0] ?? ''
}

/** `name=value` of URL queries, fragments, forms and cookies, also percent-encoded within another URL. */
const ASSIGNED =
  /(^|[?&#;,\s"'(){}[\]<>|/:\\]|%(?:25){0,3}(?:3F|26|23))([A-Za-z_](?:[\w.\-[\]]|%5[BD]){0,63})( ?= ?|%(?:25){0,3}3D)(?:(["'])((?:(?!\4)[\s\S]){1,4096})\4|(["']?)((?:(?!%(?:25){0,3}(?:26|23)|,[A-Za-z_][\w.-]{0,63}=)[^&#;\s"'<>)])+))/gi

/** Names of session cookies of common servers, frameworks and identity providers. */
const COOKIE =
  /^(?:__(?:host|secure)-.+|(?:j|php|asp|cf)?sess(?:ion)?id|connect\.sid|[\w-]+[._]sid|asp\.net_sessionid|\.?asp(?:net|xa)[\w.]*|[\w-]+_session|auth_session_id(?:_legacy)?|keycloak_(?:identity|session)(?:_legacy)?|kc_restart|remember_(?:me|user_token|web_\w+)|wordpress_logged_in\w*|(?:csrf|xsrf)[\w-]*|sid)$/i

/** Parameters of URLs that may be random and are no secret: they say which request, and not who may make it. */
const HARMLESS =
  /(?:^|[_-])(?:id|ids|state|nonce|challenge|hash|etag|cursor|digest|checksum|integrity|fingerprint|trace|span|correlation)$|^(?:clientid|requestid|sessionstate|utm_\w+|gclid|fbclid|msclkid|relaystate)$/i

const MAX_NESTED = 4

function replaceAssigned(text: string, found: Found, depth: number): string {
  return text.replace(
    ASSIGNED,
    (whole, before: string, name: string, equals: string, ...rest: readonly (string | undefined)[]) => {
      // A text that was cut has an opening quotation mark alone.
      const [quote, quoted, open = '', plain] = rest
      const value = quoted ?? plain ?? ''
      if (value.startsWith(OPEN_MARK)) return whole
      const kind = kindOf(name, value, /[?&#]|%/.test(before))
      if (kind !== undefined) return `${before}${name}${equals}${mark(found, kind)}`
      if (depth >= MAX_NESTED || !/=|%(?:25){0,3}3D/i.test(value)) return whole
      const inner = replaceAssigned(value, found, depth + 1)
      return `${before}${name}${equals}${quote === undefined ? `${open}${inner}` : `${quote}${inner}${quote}`}`
    },
  )
}

/** The kind of secret that a named value is, if it is one. */
function kindOf(name: string, value: string, inUrl: boolean): SecretKind | undefined {
  if (isSecretKey(name.replace(/%5[BD]/gi, ' '))) return inUrl ? 'url' : 'key'
  if (COOKIE.test(name) && value.length >= 8) return 'cookie'
  // An authorization code (RFC 6749) is a secret; the code of a country or of an error is shorter.
  if (inUrl && name === 'code' && value.length >= 6) return 'url'
  if (HARMLESS.test(name) || !isRandom(value)) return undefined
  return inUrl ? 'url' : 'random'
}
