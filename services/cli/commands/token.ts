import { readFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import { importPKCS8, SignJWT } from 'jose'
import { seconds } from '../duration.js'
import { CliError } from '../errors.js'
import { readStack, type Stack, stackOption } from '../stack_file.js'

const ALGORITHM = 'ES256'
const READ = 'audits:read'

/** What a token allows. */
export interface Grant {
  /** The organizations whose records the holder may read; all if absent. */
  readonly org?: readonly string[]
  readonly scope: readonly string[]
  /** How long it is valid, in seconds. */
  readonly ttl: number
}

export function tokenCommand(): Command {
  return new Command('token')
    .description('Prints a token for the query service and the collector, signed by the stack’s own issuer.')
    .option('--org <id...>', 'organizations whose records the holder may read or write (default: all)')
    .addOption(new Option('--scope <scope...>', 'the scopes of the token').default([READ], READ))
    .addOption(
      new Option('--ttl <time>', 'how long it is valid, such as 90s, 30m or 7d').argParser(seconds).default(3600, '1h'),
    )
    .addOption(stackOption())
    .action(async ({ stack, ...grant }: Grant & { readonly stack: string }) => {
      process.stdout.write(`${await signToken((await readStack(stack)).issuer, grant)}\n`)
    })
}

/**
 * Returns a signed JWT (RFC 7519, ES256) for the query service.
 *
 * @throws {CliError} `ISSUER_KEY_UNREADABLE` when the issuer's private key cannot be read
 */
export async function signToken(issuer: Stack['issuer'], { org, scope, ttl }: Grant): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  return new SignJWT({ scope: scope.join(' '), org_ids: org ?? ['*'] })
    .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
    .setIssuer(issuer.issuer)
    .setAudience(issuer.audience)
    .setSubject('gatelog-cli')
    .setIssuedAt(now)
    .setExpirationTime(now + ttl)
    .sign(await privateKey(issuer.private_key_file))
}

async function privateKey(file: string) {
  try {
    return await importPKCS8(await readFile(file, 'utf8'), ALGORITHM)
  } catch {
    throw new CliError(
      'ISSUER_KEY_UNREADABLE',
      `The issuer’s private key cannot be read from ${file}: start the stack again.`,
    )
  }
}
