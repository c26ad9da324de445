import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * What the local stack takes of the environment of whoever starts it, all of it here: where the machine keeps things, and nothing that
 * would configure a service.
 */

/** The command that runs Java: that of `JAVA_HOME` where it is set, as Maven has it too. */
export function java(): string {
  const home = process.env.JAVA_HOME
  return home ? join(home, 'bin', 'java') : 'java'
}

/** The folder for what can be fetched again, shared by every stack and test run of the user (XDG Base Directory Specification). */
export function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'gatelog')
}

/** What every child process gets to see. */
export function inherited(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'LC_ALL', 'TZ', 'JAVA_HOME']
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}
