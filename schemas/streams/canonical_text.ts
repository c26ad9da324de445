import { canonicalAddress } from './ip_address.js'
import type { Field } from './stream.js'

/**
 * What programs write when they know no value. In a field that identifies somebody or something, it is nobody: the
 * field is absent. authentik writes `AnonymousUser` and 255.255.255.255; Okta writes `unknown`; Keycloak writes `null`.
 */
const PLACEHOLDERS: ReadonlySet<string> = new Set([
  ...['unknown', 'null', 'undefined', 'none', 'n/a', 'nil', '-', '--', 'anonymoususer', '(null)', '<null>', '[null]'],
])
/** With some blanks around it; longer text need not be looked up. */
const LONGEST_PLACEHOLDER = 20
const NO_ADDRESSES: ReadonlySet<string> = new Set(['255.255.255.255', '0.0.0.0', '::'])

/**
 * The canonical form of a field's text, or empty text for an absent field. Text of no known form stays as it is: the
 * meaning of what came is never changed.
 */
export function canonicalText({ form }: { readonly form?: Field['form'] | undefined }, text: string): string {
  if (form === undefined) return text
  if (text.length <= LONGEST_PLACEHOLDER && PLACEHOLDERS.has(text.trim().toLowerCase())) return ''
  if (form === 'identifier') return text
  const address = canonicalAddress(text)
  return address !== undefined && NO_ADDRESSES.has(address) ? '' : (address ?? text)
}
