import { readFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import type { Child, Exit } from './child.js'

/**
 * Describes in one sentence how a child ended: its name, its exit code, the reason in its log, and the path of the log.
 */
export function describeExit(child: Pick<Child, 'name' | 'logFile'>, exit: Exit, verb = 'exited unexpectedly'): string {
  const how = exit.signal === null ? `exit code ${exit.code}` : exit.signal
  // A process that is killed writes no reason, so its last line has nothing to do with its end.
  const reason = exit.signal === 'SIGKILL' ? undefined : lastErrorLine(child.logFile)
  return `${child.name} ${verb} (${how})${reason === undefined ? '' : `: ${reason}`} (see ${child.logFile}).`
}

/** The line of a log that most likely says why the process ended: its last error, else its last line. */
export function lastErrorLine(logFile: string): string | undefined {
  const lines = linesOf(logFile).slice(-200)
  const line = lines.findLast((text) => ERROR.test(text)) ?? lines.at(-1)
  return line === undefined ? undefined : summarizeLine(line)
}

/** The first error in a log, for programs that print the cause first and advice after it. */
export function firstErrorLine(logFile: string): string | undefined {
  const line = linesOf(logFile).find((line) => ERROR.test(line))
  return line === undefined ? undefined : summarizeLine(line)
}

/** Shortens a log line to at most 300 characters: a JSON line to its message and its error's message. */
export function summarizeLine(line: string): string {
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
