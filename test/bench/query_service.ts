import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { SignJWT } from 'jose'
import { type ServiceProcess, startService } from '../fixtures/stack/service.js'
import type { Servers } from './servers.js'

const ISSUER = 'https://issuer.example'

/** A shipped query process. */
export interface QueryService {
  readonly service: ServiceProcess
  readonly url: string
  /** The `Authorization` header of a principal who may read these organizations, for hours. */
  authorization(subject: string, organizations: readonly string[]): Promise<string>
}

/** Starts a shipped query process on a bench's database and topics. */
export async function startQuery(
  { broker, clickhouse }: Servers,
  { database, topicPrefix }: { readonly database: string; readonly topicPrefix: string },
): Promise<QueryService> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { query, export: exports } = clickhouse.users
  const service = startService('query', {
    HOST: '127.0.0.1',
    PORT: '0',
    CLICKHOUSE_URL: clickhouse.url,
    CLICKHOUSE_DATABASE: database,
    CLICKHOUSE_USER: query.name,
    CLICKHOUSE_PASSWORD: query.password,
    CLICKHOUSE_EXPORT_USER: exports.name,
    CLICKHOUSE_EXPORT_PASSWORD: exports.password,
    KAFKA_BROKERS: broker.brokers.join(','),
    KAFKA_TOPIC_PREFIX: topicPrefix,
    AUTH_ISSUER: ISSUER,
    AUTH_PUBLIC_KEY: createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString(),
  })
  const { url } = await service.logged(({ msg }) => msg === 'listening')
  return {
    service,
    url: String(url),
    async authorization(subject, organizations) {
      const token = await new SignJWT({ scope: 'audits:read audits:export', org_ids: organizations })
        .setProtectedHeader({ alg: 'ES256' })
        .setIssuer(ISSUER)
        .setAudience('gatelog')
        .setSubject(subject)
        .setExpirationTime('2h')
        .sign(privateKey)
      return `Bearer ${token}`
    },
  }
}
