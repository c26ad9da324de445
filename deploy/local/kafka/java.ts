import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { java } from '../environment.js'
import { StackError } from '../errors.js'

const OLDEST = 17

/**
 * Checks that Java is new enough for Kafka and returns its full version.
 *
 * @throws {StackError} `JAVA_MISSING` or `JAVA_TOO_OLD`
 */
export async function checkJava(command = java()): Promise<string> {
  const version = await versionOf(command)
  if (version === undefined) {
    throw new StackError(
      'JAVA_MISSING',
      `Kafka needs Java, and there is no ${command} on this machine: install Java ${OLDEST} or newer.`,
    )
  }
  if (featureRelease(version) < OLDEST) {
    throw new StackError(
      'JAVA_TOO_OLD',
      `Kafka needs Java ${OLDEST} or newer, and ${command} is ${version}: install a newer one or set JAVA_HOME.`,
    )
  }
  return version
}

async function versionOf(command: string): Promise<string | undefined> {
  try {
    const { stderr } = await promisify(execFile)(command, ['-version'])
    return /version "([^"]+)"/.exec(stderr)?.[1]
  } catch {
    return undefined
  }
}

/** The feature release of a version: 17 of `17.0.15`, 8 of `1.8.0_402`. */
export function featureRelease(version: string): number {
  const [first, second] = version.split(/[._+-]/)
  return Number(first === '1' ? second : first)
}
