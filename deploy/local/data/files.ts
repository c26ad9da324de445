import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** The root of the repository, the same from the sources and from what is built of them. */
export const repository = dirname(createRequire(import.meta.url).resolve('#package'))

/** A file that is not code, by its path in the repository. */
export function asset(...path: readonly string[]): string {
  return join(repository, ...path)
}

/** A program that a child process runs: always the built one, whoever asks. */
export function program(...path: readonly string[]): string {
  return join(repository, 'dist', ...path)
}
