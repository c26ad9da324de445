import { readFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import type { Child, Exit } from './child.js'

/** A child's end as a sentence for a person: which, how, its last words, and where to read more. */
export function describeEnd(child: Pick<Child, 'name' | 'logFile'>, exit: Exit, verb = 'ended by itself'): string {
  const how = exit.signal === null ? `exit code ${exit.code}` : exit.signal
  const words = lastWords(child.logFile)
  return `${child.name} ${verb} (${how})${words === undefined ? '' : `: ${words}`} (see ${child.logFile}).`
}

/** The line of a log that most likely says why its writer ended: the last that tells of an error, else the last. */
export function lastWords(logFile: string): string | undefined {
  const lines = linesOf(logFile).slice(-200)
  const telling = lines.findLast((line) => ERROR.test(line)) ?? lines.at(-1)
  return telling === undefined ? undefined : brief(telling)
}

/** The same for a writer that tells the cause first and then gives advice: the first line that tells of an error. */
export function firstError(logFile: string): string | undefined {
  const telling = linesOf(logFile).find((line) => ERROR.test(line))
  return telling === undefined ? undefined : brief(telling)
}

/** A log line as a sentence: a JSON line by its message and its error's, any other as it is; at most 300 characters. */
export function brief(line: string): string {
  const { msg, err } = parsed(line)
  const text =
    msg === undefined
      ? stripVTControlCharacters(line).trim()
      : err?.message === undefined
        ? msg
        : `${msg}: ${err.message}`
  return text.slice(0, 300)
}

const ERROR = /"level":"(error|fatal)"|\b(ERROR|FATAL)\b|(Error|Exception)\b/

interface LogLine {
  readonly msg?: string
  readonly err?: { readonly message?: string }
}

function parsed(line: string): LogLine {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}

function linesOf(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.trim() !== '')
  } catch {
    return []
  }
}
