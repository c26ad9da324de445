import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { newApiKey } from '../../../services/runtime/auth/api_key.js'
import { databaseUsers, type Passwords } from '../clickhouse/start.js'
import { StackError } from '../errors.js'
import { type SourceKind, sourceKinds } from '../source_kinds.js'
import type { DataFolder } from './data_folder.js'

const secret = z.string().min(16)
const secretsFile = z.strictObject({
  clickhouse: z.strictObject({
    migrate: secret,
    ingest: secret,
    query: secret,
    // A data folder of an earlier version lacks these.
    export: secret.default(random),
    retention: secret.default(random),
    analyst: secret.default(random),
  }),
  // The key that may write records over HTTP.
  api_key: z.string().default(newApiKey),
  // The secrets of the sources, by name. A data folder of an earlier version lacks some.
  ...sourceSecrets(),
})

/** The secrets of one stack. */
export interface Secrets extends z.output<typeof secretsFile> {
  /** The public half of the issuer's key, as PEM (SPKI); the private half stays in its file. */
  readonly issuerPublicKey: string
}

/**
 * Loads the secrets of a stack. The first start generates them. Only the owner of the data folder can read the files.
 *
 * @throws {StackError} `FOLDER_UNUSABLE` when the files exist but are not valid
 */
export function loadSecrets({ secrets, issuerKey }: Pick<DataFolder, 'secrets' | 'issuerKey'>): Secrets {
  if (!existsSync(secrets)) writePrivateFile(secrets, JSON.stringify(newSecrets(), undefined, 2))
  if (!existsSync(issuerKey)) writePrivateFile(issuerKey, newIssuerKey())
  try {
    const text = readFileSync(secrets, 'utf8')
    const parsed = secretsFile.parse(JSON.parse(text))
    if (JSON.stringify(parsed) !== JSON.stringify(JSON.parse(text)))
      writePrivateFile(secrets, JSON.stringify(parsed, undefined, 2))
    const publicKey = createPublicKey(readFileSync(issuerKey)).export({ type: 'spki', format: 'pem' })
    return { ...parsed, issuerPublicKey: String(publicKey) }
  } catch {
    throw new StackError(
      'FOLDER_UNUSABLE',
      `${secrets} or ${issuerKey} is not valid: remove both, and the next start makes new ones.`,
    )
  }
}

/** Writes a file atomically. Only its owner can read it. */
export function writePrivateFile(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

function newSecrets(): z.output<typeof secretsFile> {
  const clickhouse = Object.fromEntries(databaseUsers.map((user) => [user, random()])) as Passwords
  return { clickhouse, api_key: newApiKey(), ...fromSourceKinds(random) }
}

function sourceSecrets() {
  return fromSourceKinds(() => secret.default(random))
}

/** An object with a value for each kind of source. */
export function fromSourceKinds<T>(make: (kind: SourceKind) => T): Record<SourceKind, T> {
  return Object.fromEntries(sourceKinds.map((kind) => [kind, make(kind)])) as Record<SourceKind, T>
}

function random(): string {
  return randomBytes(24).toString('base64url')
}

function newIssuerKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return String(privateKey.export({ type: 'pkcs8', format: 'pem' }))
}
