import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkJava, featureRelease } from './java.js'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gatelog-java-'))
})
afterAll(() => rm(dir, { recursive: true }))

/** A command that says it is that Java. */
async function javaOf(version: string): Promise<string> {
  const command = join(dir, `java-${version}`)
  await writeFile(command, `#!/bin/sh\necho 'openjdk version "${version}" 2024-01-01' >&2\n`)
  await chmod(command, 0o755)
  return command
}

test.each([
  ['17.0.15', 17],
  ['21', 21],
  ['25-ea', 25],
  ['1.8.0_402', 8],
])('the feature release of %s is %d', (version, release) => {
  expect(featureRelease(version)).toBe(release)
})

test('returns the version of a Java that is new enough', async () => {
  await expect(checkJava(await javaOf('17.0.15'))).resolves.toBe('17.0.15')
})

test('rejects a Java that is too old', async () => {
  const command = await javaOf('1.8.0_402')
  await expect(checkJava(command)).rejects.toMatchObject({
    code: 'JAVA_TOO_OLD',
    message: `Kafka needs Java 17 or newer, and ${command} is 1.8.0_402: install a newer one or set JAVA_HOME.`,
  })
})

test('reports a missing Java', async () => {
  await expect(checkJava(join(dir, 'nowhere'))).rejects.toMatchObject({ code: 'JAVA_MISSING' })
})
