import { REDACTED, type SecretKind } from './kinds.js'
import { isProse } from './random_text.js'

/** A form of text that only a secret has. */
export interface Form {
  readonly kind: SecretKind
  /** Texts in lower case; every match has one of them. */
  readonly marks: readonly string[]
  /** Global. Its parts are bounded, so that hostile text takes no longer than other text. */
  readonly pattern: RegExp
  /** What stays of a match, or undefined if it is no secret. */
  readonly replace: (...match: string[]) => string | undefined
}

const whole = (): string => REDACTED

function cloudKey(pattern: RegExp, ...marks: string[]): Form {
  return { kind: 'cloud_key', marks, pattern, replace: whole }
}

/** The forms, in the order in which they are replaced. */
export const forms: readonly Form[] = [
  // PEM (RFC 7468) and OpenPGP. A text that was cut has no end.
  {
    kind: 'private_key',
    marks: ['-----begin'],
    pattern:
      /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|$)/g,
    replace: whole,
  },
  { kind: 'private_key', marks: ['age-secret-key-'], pattern: /AGE-SECRET-KEY-1[A-Z0-9]{20,}/g, replace: whole },
  // A JWT (RFC 7519), or one of its parts alone: base64url of an object.
  {
    kind: 'jwt',
    marks: ['eyj', 'eya', 'ewo', 'ew0'],
    pattern: /(?<![A-Za-z0-9])(?:eyJ|eyA|ewo|ew0)[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]*){0,4}/g,
    replace: (token) => (isObject(token) ? REDACTED : undefined),
  },
  {
    kind: 'jwt',
    marks: ['.local.', '.public.'],
    pattern: /\bv[1-4]\.(?:local|public)\.[A-Za-z0-9_-]{20,}/g,
    replace: whole,
  },
  // The Authorization header (RFC 7617, RFC 6750, RFC 4559, RFC 9449; Okta's SSWS).
  {
    kind: 'credentials',
    marks: ['basic', 'bearer', 'negotiate', 'ntlm', 'dpop', 'ssws', 'token '],
    pattern: /\b(basic|bearer|negotiate|ntlm|dpop|ssws|token)((?: |%20|\+){1,8})([A-Za-z0-9+/=._~-]{6,})/gi,
    replace: (_, scheme = '', blank = '', value = '') =>
      isCredential(scheme.toLowerCase(), value) ? `${scheme}${blank}${REDACTED}` : undefined,
  },
  {
    kind: 'credentials',
    marks: ['response="'],
    pattern: /\bresponse="[0-9a-f]{32,}"/g,
    replace: () => `response="${REDACTED}"`,
  },
  // A password in a URL (RFC 3986, section 3.2.1). It may hold an `@`.
  {
    kind: 'credentials',
    marks: ['://'],
    pattern: /\b([a-z][a-z0-9+.-]{0,20}:\/\/[^\s/:@?#]{0,256}:)([^\s/?#]{1,1024})@/gi,
    replace: (_, before = '', password) => (password === REDACTED ? undefined : `${before}${REDACTED}@`),
  },
  cloudKey(/(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])/g, 'akia', 'asia', 'abia', 'acca'),
  cloudKey(/AIza[A-Za-z0-9_-]{35}/g, 'aiza'),
  cloudKey(/(?<![A-Za-z0-9])ya29\.[A-Za-z0-9_.-]{20,}/g, 'ya29.'),
  cloudKey(/GOCSPX-[A-Za-z0-9_-]{20,}/g, 'gocspx-'),
  cloudKey(/(?<![A-Za-z0-9/])1\/\/0[A-Za-z0-9_-]{30,}/g, '1//0'),
  cloudKey(/[A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}/g, 'q~'),
  cloudKey(/(?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9]{36,}/g, 'ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'),
  cloudKey(/github_pat_[A-Za-z0-9_]{40,}/g, 'github_pat_'),
  cloudKey(
    /(?<![A-Za-z0-9])gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat)-[A-Za-z0-9_-]{20,}/g,
    ...['glpat-', 'gldt-', 'glrt-', 'glcbt-', 'glptt-', 'glft-', 'glimt-', 'glagent-', 'glsoat-'],
  ),
  cloudKey(/(?<![A-Za-z0-9])(?:xox[abeoprs]|xapp)-[A-Za-z0-9-]{10,}/g, 'xox', 'xapp-'),
  cloudKey(/hooks\.slack\.com\/services\/[A-Za-z0-9/]{20,}/g, 'hooks.slack.com'),
  cloudKey(/(?<![A-Za-z0-9])[sr]k_(?:live|test)_[A-Za-z0-9]{10,}/g, 'k_live_', 'k_test_'),
  cloudKey(/(?<![A-Za-z0-9])whsec_[A-Za-z0-9+/]{20,}={0,2}/g, 'whsec_'),
  cloudKey(/(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}/g, 'npm_'),
  cloudKey(/(?<![A-Za-z0-9])pypi-AgE[A-Za-z0-9_-]{40,}/g, 'pypi-age'),
  cloudKey(/(?<![A-Za-z0-9])hf_[A-Za-z0-9]{30,}/g, 'hf_'),
  cloudKey(/(?<![A-Za-z0-9])sk-(?:[A-Za-z]{2,8}-)?[A-Za-z0-9_-]{32,}/g, 'sk-'),
  cloudKey(/(?<![A-Za-z0-9])hv[sbr]\.[A-Za-z0-9_-]{20,}/g, 'hvs.', 'hvb.', 'hvr.'),
  cloudKey(/(?<![A-Za-z0-9])do[opr]_v1_[a-f0-9]{64}/g, 'doo_v1_', 'dop_v1_', 'dor_v1_'),
  cloudKey(/(?<![A-Za-z0-9])SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}/g, 'sg.'),
  cloudKey(/(?<![A-Za-z0-9])shp(?:at|ss|ca|pa)_[a-fA-F0-9]{32}/g, 'shpat_', 'shpss_', 'shpca_', 'shppa_'),
  cloudKey(/(?<![A-Za-z0-9])dapi[a-f0-9]{32}/g, 'dapi'),
  cloudKey(/(?<![A-Za-z0-9])ATATT3[A-Za-z0-9_=-]{40,}/g, 'atatt3'),
]

/** Whether the first part of a token is base64url of the beginning of a JSON object. */
function isObject(token: string): boolean {
  const [first = ''] = token.split('.', 1)
  return /^\{\s{0,8}"[\w.:/#$@-]+(?:"|$)/.test(Buffer.from(first.slice(0, 24), 'base64url').toString('latin1'))
}

/** Whether what follows a scheme is a credential, and not a word as in `basic authentication`. */
function isCredential(scheme: string, value: string): boolean {
  if (scheme === 'basic') return /^[\x20-\x7e\x80-\xff]*:/.test(Buffer.from(value, 'base64').toString('latin1'))
  if (scheme === 'token') return value.length >= 20 && !isProse(value)
  return value.length >= 8 && !isProse(value)
}
