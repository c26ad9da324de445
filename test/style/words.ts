import { lineRule } from './finding.js'

/** Words that make a sentence hard to read, each with what to write instead. */
const HARD_WORDS: readonly (readonly [RegExp, string])[] = [
  [/\bmend(?:s|ed|ing)?\b/i, 'fix'],
  [/\b(?:tells?|told|telling)\b(?!.*\bapart\b)/i, 'say, return, log or report'],
  [/\bwho(?:m)?ever\b/i, 'a caller, a client or whatever acts'],
  [/\banew\b/i, 'again'],
  [/\b(?:bears?|borne)\b/i, 'has or carries'],
  [/\bin either case\b/i, 'in upper or lower case'],
  [/\bof which each\b/i, 'a new sentence'],
  [/\bnot to be seen\b/i, 'what is the same, or what differs'],
  [/\bwhat we are after\b/i, 'the goal'],
]

const EXTENSIONS = /\.(?:ts|tsx|sql|md|sh|ya?ml)$/

/** Plain English in comments, messages, test names and pages. Lines that import are left out: they name files. */
export const words = lineRule((path, line) => {
  if (!EXTENSIONS.test(path) || /\bfrom '/.test(line)) return undefined
  for (const [word, instead] of HARD_WORDS) {
    const found = word.exec(line)
    if (found !== null) return `"${found[0]}" is hard to read; write ${instead}`
  }
  return undefined
})
