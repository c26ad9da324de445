import { readFile } from 'node:fs/promises'
import { signToken } from '../commands/token.js'
import { CliError } from '../errors.js'
import { readStack } from '../stack_file.js'
import type { Door } from './requests.js'

/** The options that say where records go over HTTP, and as whom. */
export interface DoorOptions {
  readonly url: string
  readonly token?: string
  readonly tokenFile?: string
  readonly keyFile?: string
  readonly stack: string
}

/** Longer than any input takes. */
const TOKEN_SECONDS = 12 * 3600

/**
 * Finds the path of a stream and the credential for it.
 *
 * @throws {CliError} `URL_INVALID`, `INPUT_UNREADABLE` for a file, or `CREDENTIAL_MISSING`
 */
export async function openDoor(options: DoorOptions, stream: string): Promise<Door> {
  const base = URL.canParse(options.url) ? new URL(options.url) : undefined
  if (base === undefined || !/^https?:$/.test(base.protocol)) {
    throw new CliError('URL_INVALID', `--url must be the URL of a collector, such as http://127.0.0.1:7401.`)
  }
  const path = base.pathname.replace(/\/+$/, '')
  if (/\/v1(?:\/|$)/.test(path) || base.href !== `${base.origin}${base.pathname}`) {
    const own = `${base.origin}${path.replace(/\/v1(?:\/.*)?$/, '')}`
    throw new CliError(
      'URL_INVALID',
      `--url must be the collector's own address, ${own}; the command adds /v1/${stream}.`,
    )
  }
  const url = new URL(`${path}/v1/${stream}`, base)
  return { url, credential: await credentialFor(base, options) }
}

async function credentialFor(base: URL, { token, tokenFile, keyFile, stack: file }: DoorOptions): Promise<string> {
  if (token !== undefined) return token
  const path = tokenFile ?? keyFile
  if (path !== undefined) return secretIn(path)
  const stack = await readStack(file).catch(() => undefined)
  // The local stack's credentials are for the local stack: another collector must not see them.
  if (stack !== undefined && new URL(stack.collector.url).origin === base.origin) {
    return stack.collector.api_key ?? signToken(stack.issuer, { scope: ['audits:write'], ttl: TOKEN_SECONDS })
  }
  throw new CliError('CREDENTIAL_MISSING', 'Name a credential for this collector: --key-file, --token-file or --token.')
}

async function secretIn(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(({ code }: NodeJS.ErrnoException) => {
    throw new CliError('INPUT_UNREADABLE', `${path} cannot be read (${code}).`)
  })
  return text.trim()
}
