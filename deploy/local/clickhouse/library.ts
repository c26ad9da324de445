import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { StackError } from '../errors.js'

/**
 * Returns the path of the shared library with the ClickHouse server, which the chDB project publishes for each
 * platform.
 *
 * @throws {StackError} `PLATFORM_UNSUPPORTED` when this platform has none
 */
export function clickhouseLibrary(platform: string = process.platform, arch: string = process.arch): string {
  const name = `@chdb/lib-${platform}-${arch}${platform === 'linux' ? '-gnu' : ''}`
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), 'libchdb.so')
  } catch {
    throw new StackError(
      'PLATFORM_UNSUPPORTED',
      `The embedded ClickHouse (${name}) is not installed: run \`npm ci\`, or use containers on a platform without it (see README.md).`,
    )
  }
}
