/** Bounds of what people and password managers choose. */
const MIN_LENGTH = 8
const MAX_LENGTH = 64

/** Characters of passwords that names, addresses, paths and distinguished names do not have. */
const PASSWORD_SIGN = /[!?#%^*$<>{}~]/

/**
 * Whether text looks like a password that was typed as the user name: upper case, lower case, a digit, and a sign that
 * user names do not have. It errs on the side of showing: a password without such a sign is not noticed, because a name
 * that is hidden is lost to all who read the trail. `docs/redaction.md` has its rates.
 */
export function looksLikePassword(text: string): boolean {
  if (text.length < MIN_LENGTH || text.length > MAX_LENGTH) return false
  if (!PASSWORD_SIGN.test(text) || /\s/.test(text)) return false
  // Addresses and names of guests (`ada_example.com#EXT#@corp.example`), and names with a realm or a path.
  if (/@[\w-]+\.[\w.-]+$|#ext#|[\\/|]/i.test(text)) return false
  return /[a-z]/.test(text) && /[A-Z]/.test(text) && /[0-9]/.test(text)
}
