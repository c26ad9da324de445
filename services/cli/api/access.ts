import type { Command } from 'commander'
import { type Grant, signToken } from '../commands/token.js'
import { readStack, stackOption } from '../stack_file.js'

/** The options that say which service a command asks, and as whom. */
export interface AccessOptions {
  readonly stack: string
  readonly api?: string
  readonly token?: string
  readonly org?: readonly string[]
}

/** Where the query service is, and a token for it. */
export interface Access {
  /** Without a slash at the end. */
  readonly api: string
  readonly token: string
}

/** Adds the options of `AccessOptions` to a command. */
export function withAccess(command: Command): Command {
  return command
    .option('--org <id...>', 'ask with a token for these organizations only (default: all)')
    .option('--api <url>', 'the URL of the query service (default: from the stack file)')
    .option('--token <jwt>', 'a token of the service’s issuer (default: one of the stack’s own issuer)')
    .addOption(stackOption())
}

/**
 * Finds the service, and makes a token where none is given.
 *
 * @throws {CliError} `STACK_FILE_MISSING`, `STACK_FILE_INVALID`, `ISSUER_KEY_UNREADABLE`
 */
export async function resolveAccess(options: AccessOptions, grant: Pick<Grant, 'scope' | 'ttl'>): Promise<Access> {
  const { api, token, org, stack: file } = options
  if (api !== undefined && token !== undefined) return { api: withoutSlash(api), token }
  const { query, issuer } = await readStack(file)
  return {
    api: withoutSlash(api ?? query.url),
    token: token ?? (await signToken(issuer, { ...grant, ...(org === undefined ? {} : { org }) })),
  }
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '')
}
