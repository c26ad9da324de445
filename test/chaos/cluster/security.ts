import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeCertificates } from '../../fixtures/stack/certificates.js'
import { plainLogin, SASL_USER, tlsProperties } from '../../fixtures/stack/secure_kafka.js'
import { startTlsProxy } from '../../fixtures/stack/tls_proxy.js'

/** How workers connect to the servers. */
export interface Security {
  /** The protocol of the broker's listeners for workers. */
  readonly protocol: 'PLAINTEXT' | 'SASL_SSL'
  /** Further properties of the broker, which has these listeners for workers. */
  properties(listeners: readonly string[]): readonly string[]
  /** Part of a worker's environment. `clickhouse` is the port at which it reaches ClickHouse without TLS. */
  environment(clickhouse: number): Promise<Readonly<Record<string, string>>>
  close(): Promise<void>
}

export const noSecurity: Security = {
  protocol: 'PLAINTEXT',
  properties: () => [],
  environment: async (port) => ({ CLICKHOUSE_URL: `http://127.0.0.1:${port}` }),
  close: async () => undefined,
}

/**
 * TLS and a login to Kafka, and TLS with client certificates to ClickHouse. The embedded ClickHouse has no HTTPS port,
 * so a proxy beside each worker terminates TLS.
 */
export async function tlsAndLogin(dir: string): Promise<Security> {
  await mkdir(dir, { recursive: true })
  const certificates = await makeCertificates(dir)
  const password = randomBytes(16).toString('hex')
  const files = {
    KAFKA_SASL_PASSWORD_FILE: password,
    CLICKHOUSE_CERTIFICATE_FILE: certificates.client.certificate,
    CLICKHOUSE_KEY_FILE: certificates.client.key,
  }
  const paths = Object.entries(files).map(([name]) => [name, join(dir, name)] as const)
  for (const [name, path] of paths) await writeFile(path, files[name as keyof typeof files], { mode: 0o600 })
  const proxies: { close(): Promise<void> }[] = []

  return {
    protocol: 'SASL_SSL',
    properties: (listeners) => [
      ...tlsProperties(certificates),
      'sasl.enabled.mechanisms=PLAIN',
      ...listeners.map((name) => plainLogin(name, [SASL_USER], password)),
    ],
    async environment(port) {
      const proxy = await startTlsProxy(`http://127.0.0.1:${port}`, certificates)
      proxies.push(proxy)
      return {
        CLICKHOUSE_URL: proxy.url,
        CLICKHOUSE_CA_FILE: certificates.caFile,
        KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
        KAFKA_SSL_CA_FILE: certificates.caFile,
        KAFKA_SASL_MECHANISM: 'PLAIN',
        KAFKA_SASL_USERNAME: SASL_USER,
        ...Object.fromEntries(paths),
      }
    },
    async close() {
      await Promise.all(proxies.map((proxy) => proxy.close()))
    },
  }
}
