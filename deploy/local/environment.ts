import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * Every environment variable that the local stack reads: the paths of this machine, and nothing that configures a
 * service.
 */

/** The Java command: from `JAVA_HOME` if it is set, as Maven does. */
export function java(): string {
  const home = process.env.JAVA_HOME
  return home ? join(home, 'bin', 'java') : 'java'
}

/** The cache folder, which all stacks and test runs of the user share (XDG Base Directory Specification). */
export function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'gatelog')
}

/** The environment variables that every child process inherits. */
export function inheritedEnvironment(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'LC_ALL', 'TZ', 'JAVA_HOME']
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}
