import { lineRule } from './finding.js'

const COMMENT_COLUMNS = 120
const MARKDOWN_COLUMNS = 140

const SLASH_COMMENT = /^\s*(?:\/\/|\/\*|\*)|\s\/\/ /
const DASH_COMMENT = /(?:^|\s)-- /
const HASH_COMMENT = /(?:^|\s)# /

/** What a comment looks like, by the file's extension. Biome holds the code beside the comments. */
const COMMENTS: Readonly<Record<string, RegExp>> = {
  ts: SLASH_COMMENT,
  tsx: SLASH_COMMENT,
  sql: DASH_COMMENT,
  sh: HASH_COMMENT,
  yml: HASH_COMMENT,
  yaml: HASH_COMMENT,
}

function limitFor(path: string, line: string): number {
  const extension = path.split('.').at(-1) ?? ''
  if (extension === 'md') return MARKDOWN_COLUMNS
  return COMMENTS[extension]?.test(line) ? COMMENT_COLUMNS : Number.POSITIVE_INFINITY
}

/** A line of one word, such as a URL, after its marker: it cannot be wrapped. */
const ONE_WORD = /^\s*(?:\/\/|\/\*\*?|\*|--|#|-|>)?\s*\S+(?:\s*\*\/)?$/

/** Comments have at most 120 columns and Markdown has 140, unless the line is a single word. */
export const columns = lineRule((path, line) => {
  const { length } = [...line]
  const limit = limitFor(path, line)
  if (length <= limit || ONE_WORD.test(line)) return undefined
  return `${length} columns, at most ${limit}`
})
