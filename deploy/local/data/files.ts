import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** The root of the repository, for sources and compiled code alike. */
export const repository = dirname(createRequire(import.meta.url).resolve('#package'))

/** A file that is not code, by its path in the repository. */
export function asset(...path: readonly string[]): string {
  return join(repository, ...path)
}

/** The compiled program that a child process runs. */
export function program(...path: readonly string[]): string {
  return join(repository, 'dist', ...path)
}
