import { existsSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'

/** A JVM's archive of loaded classes (class data sharing), as flags and what is to be done when the JVM has ended. */
export interface ClassArchive {
  readonly flags: readonly string[]
  /** Keeps what the JVM has left behind. */
  keep(): Promise<void>
}

/**
 * Half of a broker's start goes into loading classes. The first broker that stops in order leaves them in an archive beside the jars,
 * which costs it two or three seconds, and every later one on this machine is up in half the time. A JVM that cannot use the archive
 * passes it over.
 */
export function classArchive(jars: string, javaVersion: string): ClassArchive {
  const archive = join(jars, `classes-${javaVersion}.jsa`)
  if (existsSync(archive)) return { flags: [`-XX:SharedArchiveFile=${archive}`], keep: async () => undefined }
  // Written aside and renamed: another broker never reads half of it.
  const aside = `${archive}.${process.pid}`
  return {
    flags: [`-XX:ArchiveClassesAtExit=${aside}`, '-Xlog:cds*=off'],
    // A broker that was killed leaves nothing to keep.
    keep: () => rename(aside, archive).catch(() => undefined),
  }
}
