import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { StackError } from '../errors.js'
import type { Folder } from './folder.js'

const secret = z.string().min(16)
const secretsFile = z.strictObject({
  clickhouse: z.strictObject({
    migrate: secret,
    ingest: secret,
    query: secret,
    // Younger than the others: a folder of an earlier version lacks it.
    export: secret.default(random),
  }),
  keycloak: secret,
})

/** What only this stack knows. */
export interface Secrets extends z.output<typeof secretsFile> {
  /** The public half of the issuer's key, as PEM (SPKI); the private half stays in its file. */
  readonly issuerPublicKey: string
}

/**
 * The secrets of a stack: made at random at its first start, kept in its folder, readable by its owner alone.
 *
 * @throws {StackError} `FOLDER_UNUSABLE` when the files are there but do not hold them
 */
export function loadSecrets({ secrets, issuerKey }: Pick<Folder, 'secrets' | 'issuerKey'>): Secrets {
  if (!existsSync(secrets)) keep(secrets, JSON.stringify(newSecrets(), undefined, 2))
  if (!existsSync(issuerKey)) keep(issuerKey, newIssuerKey())
  try {
    const text = readFileSync(secrets, 'utf8')
    const parsed = secretsFile.parse(JSON.parse(text))
    if (JSON.stringify(parsed) !== JSON.stringify(JSON.parse(text))) keep(secrets, JSON.stringify(parsed, undefined, 2))
    const publicKey = createPublicKey(readFileSync(issuerKey)).export({ type: 'spki', format: 'pem' })
    return { ...parsed, issuerPublicKey: String(publicKey) }
  } catch {
    throw new StackError(
      'FOLDER_UNUSABLE',
      `${secrets} or ${issuerKey} does not hold what an earlier start wrote there: remove both, and new ones are made.`,
    )
  }
}

/** Writes a file that its owner alone may read: whole, or not at all. */
export function keep(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

function newSecrets(): z.output<typeof secretsFile> {
  const clickhouse = { migrate: random(), ingest: random(), query: random(), export: random() }
  return { clickhouse, keycloak: random() }
}

function random(): string {
  return randomBytes(24).toString('base64url')
}

function newIssuerKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return String(privateKey.export({ type: 'pkcs8', format: 'pem' }))
}
