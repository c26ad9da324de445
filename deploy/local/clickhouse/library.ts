import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { StackError } from '../errors.js'

/**
 * The shared library that holds the ClickHouse server, as the chDB project publishes it for this platform.
 *
 * @throws {StackError} `PLATFORM_UNSUPPORTED` when there is none for it
 */
export function clickhouseLibrary(platform: string = process.platform, arch: string = process.arch): string {
  const name = `@chdb/lib-${platform}-${arch}${platform === 'linux' ? '-gnu' : ''}`
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), 'libchdb.so')
  } catch {
    throw new StackError(
      'PLATFORM_UNSUPPORTED',
      `The embedded ClickHouse (${name}) is not installed: run \`npm ci\`, or use containers on a platform that it is not made for (see README.md).`,
    )
  }
}
