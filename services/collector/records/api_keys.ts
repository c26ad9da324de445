import { timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { streams } from '../../../schemas/streams/index.js'
import { apiKeyHash } from '../../runtime/auth/api_key.js'
import { json } from '../../runtime/env.js'
import type { Writer } from './writer.js'

const HASH_LENGTH = 64
const streamNames = streams.map(({ name }) => name) as [string, ...string[]]

const entry = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'must be 1 to 63 of A-Z, a-z, 0-9, ., _ and -'),
  sha256: z
    .array(z.string().regex(/^[0-9a-f]{64}$/, `must be a SHA-256, as ${HASH_LENGTH} hexadecimal digits in lower case`))
    .nonempty('must have a hash'),
  organizations: z
    .array(z.string().min(1))
    .nonempty('must name an organization, or ["*"] for all')
    .refine((ids) => ids.length === 1 || !ids.includes('*'), '"*" stands for all, so it must be alone'),
  streams: z.array(z.enum(streamNames)).nonempty('must name a stream'),
})

const entries = z.array(entry).superRefine((all, context) => {
  for (const [index, { name, sha256 }] of all.entries()) {
    const earlier = all.slice(0, index)
    if (earlier.some((other) => other.name === name)) {
      context.addIssue({ code: 'custom', path: [index, 'name'], message: 'must differ from the names of the others' })
    }
    if (earlier.some((other) => other.sha256.some((hash) => sha256.includes(hash)))) {
      context.addIssue({ code: 'custom', path: [index, 'sha256'], message: 'is the hash of a key that another has' })
    }
  }
})

/** The API keys in the configuration: hashes, and what each may write. */
export const apiKeys = json.pipe(entries)

export type ApiKeys = z.output<typeof apiKeys>

/** Finds the writer that a key belongs to; undefined if the key is unknown. */
export type FindWriter = (key: string) => Writer | undefined

/**
 * Looks keys up by their hash. It compares with every hash, each in constant time, so the time says nothing about which
 * of them is close.
 */
export function apiKeyWriters(configured: ApiKeys): FindWriter {
  const known = configured.flatMap(({ name, sha256, organizations, streams }) => {
    const all = organizations.length === 1 && organizations[0] === '*'
    const writer: Writer = {
      subject: `API key ${name}`,
      scopes: ['audits:write'],
      organizations: all ? 'all' : organizations,
      streams,
    }
    return sha256.map((hash) => ({ hash: Buffer.from(hash, 'hex'), writer }))
  })
  return (key) => {
    const given = apiKeyHash(key)
    return known.filter(({ hash }) => timingSafeEqual(hash, given))[0]?.writer
  }
}
