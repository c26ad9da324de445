import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { ISSUER } from '../../fixtures/query/reader.js'
import { createSandbox, type Sandbox } from '../../fixtures/stack/sandbox.js'
import { type ServiceProcess, startService } from '../../fixtures/stack/service.js'

const servers = inject('servers')
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

let sandbox: Sandbox
let query: ServiceProcess
let address: string

beforeAll(async () => {
  sandbox = await createSandbox(servers)
  const { url, users } = servers.clickhouse
  query = startService('query', {
    HOST: '127.0.0.1',
    PORT: '0',
    CLICKHOUSE_URL: url,
    CLICKHOUSE_DATABASE: sandbox.database,
    CLICKHOUSE_USER: users.query.name,
    CLICKHOUSE_PASSWORD: users.query.password,
    CLICKHOUSE_EXPORT_USER: users.export.name,
    CLICKHOUSE_EXPORT_PASSWORD: users.export.password,
    KAFKA_BROKERS: servers.brokers.join(','),
    KAFKA_TOPIC_PREFIX: sandbox.prefix,
    AUTH_ISSUER: ISSUER,
    AUTH_PUBLIC_KEY: createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString(),
  })
  address = String((await query.logged(({ msg }) => msg === 'listening')).url)
  await sandbox.startIngest()
})

afterAll(async () => {
  await query?.stop()
  await sandbox.close()
})

async function headers(): Promise<Record<string, string>> {
  const token = await new SignJWT({ scope: 'audits:read audits:export', org_ids: ['org-1'], jti: 'token-1' })
    .setProtectedHeader({ alg: 'ES256' })
    .setIssuer(ISSUER)
    .setAudience('gatelog')
    .setSubject('ada')
    .setExpirationTime('10m')
    .sign(privateKey)
  return { authorization: `Bearer ${token}` }
}

it('an export is recorded in audits, through Kafka, for the organization whose records were sent', async () => {
  for (let index = 0; index < 10; index++) {
    await sandbox.emitter.publish({ user_id: String(index), org_id: `org-${index % 2}`, stage: 'Login' })
  }
  await sandbox.eventually('SELECT count() FROM auth_audits', '10')
  const asked = `${address}/v1/auth_audits/export?format=csv&stage=Login`
  const response = await fetch(asked, { headers: await headers() })
  const text = await response.text()
  expect(text.trimEnd().split('\n')).toHaveLength(1 + 5)
  await sandbox.eventually('SELECT count() FROM audits', '2')
  const answer = await fetch(`${address}/v1/audits?api_name=gatelog`, { headers: await headers() })
  const { audits } = (await answer.json()) as { audits: Record<string, unknown>[] }
  const common = {
    user_id: 'ada',
    token_id: 'token-1',
    org_id: 'org-1',
    target_resource_type: 'auth_audits',
    target_id: response.headers.get('gatelog-export-id'),
  }
  const filters = [
    { attribute_type: 'export', attribute_id: 'format', attribute_name: 'csv' },
    { attribute_type: 'filter', attribute_id: 'stage', attribute_name: 'Login' },
  ]
  expect(audits).toMatchObject([
    {
      ...common,
      action: 'EXPORT',
      audit_attributes: [
        { attribute_type: 'result', attribute_id: 'outcome', attribute_name: 'complete' },
        { attribute_type: 'result', attribute_id: 'records', attribute_name: '5' },
        { attribute_type: 'result', attribute_id: 'bytes', attribute_name: String(Buffer.byteLength(text)) },
        ...filters,
      ],
    },
    { ...common, action: 'EXPORT_BEGIN', audit_attributes: filters },
  ])
  const metrics = await (await fetch(`${address}/metrics`)).text()
  expect(metrics).toMatch(/gatelog_query_exports_total\{stream="auth_audits",format="csv",outcome="complete",.*\} 1/)
  expect(await query.stop()).toBe(0)
})
