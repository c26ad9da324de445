import { existsSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'

/** A JVM's archive of loaded classes (class data sharing). */
export interface ClassArchive {
  readonly flags: readonly string[]
  /** Saves the archive that the JVM wrote. Call it when the JVM has ended. */
  save(): Promise<void>
}

/**
 * A broker spends half of its start loading classes. The first broker that stops cleanly writes them to an archive
 * beside the jars, which takes two or three seconds. Every later broker on this machine starts in half the time. A JVM
 * ignores an archive that it can't use.
 */
export function classArchive(jars: string, javaVersion: string): ClassArchive {
  const archive = join(jars, `classes-${javaVersion}.jsa`)
  if (existsSync(archive)) return { flags: [`-XX:SharedArchiveFile=${archive}`], save: async () => undefined }
  // Written to a temporary file and renamed, so that another broker never reads a partial archive.
  const temporary = `${archive}.${process.pid}`
  return {
    flags: [`-XX:ArchiveClassesAtExit=${temporary}`, '-Xlog:cds*=off'],
    // A broker that was killed writes no archive.
    save: () => rename(temporary, archive).catch(() => undefined),
  }
}
