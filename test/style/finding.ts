/** A line that breaks a rule of this folder. */
export interface Finding {
  readonly path: string
  /** Counted from 1. */
  readonly line: number
  readonly message: string
}

/** Checks one file, given its path from the root. */
export type Rule = (path: string, text: string) => readonly Finding[]

/** Makes a rule from a check of single lines; the check returns what is wrong, or nothing. */
export function lineRule(check: (path: string, line: string) => string | undefined): Rule {
  return (path, text) =>
    text.split('\n').flatMap((line, index) => {
      const message = check(path, line)
      return message === undefined ? [] : [{ path, line: index + 1, message }]
    })
}
