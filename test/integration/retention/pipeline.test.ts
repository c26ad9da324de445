import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { freePorts } from '../../fixtures/stack/ports.js'
import { createSandbox, type Sandbox } from '../../fixtures/stack/sandbox.js'
import { type ServiceProcess, startService } from '../../fixtures/stack/service.js'

let sandbox: Sandbox
let ingest: ServiceProcess
beforeAll(async () => {
  sandbox = await createSandbox(inject('servers'))
  ingest = await sandbox.startIngest()
})
afterAll(() => sandbox.close())

const DAY_MS = 86_400_000
const old = () => new Date(Date.now() - 400 * DAY_MS)

async function startRetention(): Promise<ServiceProcess> {
  const [port = 0] = await freePorts(1)
  return startService('retention', {
    HOST: '127.0.0.1',
    PORT: String(port),
    KAFKA_BROKERS: inject('servers').brokers.join(','),
    KAFKA_TOPIC_PREFIX: sandbox.prefix,
    ...sandbox.config('retention'),
  })
}

it('what the service drops is recorded in `audits`, and stays away when ingest starts again', async () => {
  for (let count = 0; count < 20; count++) {
    await sandbox.emitter.publish({ org_id: 'acme', trace_id: `old ${count}`, time: old() })
    await sandbox.emitter.publish({ org_id: 'acme', trace_id: `new ${count}` })
  }
  expect(await sandbox.eventually('SELECT count() FROM auth_audits', '40')).toBe('40')

  const retention = await startRetention()
  const recorded = `SELECT sum(toUInt64OrZero(extract(description, '^Dropped (\\\\d+) rows of auth_audits'))) FROM audits FINAL
    WHERE action = 'RETENTION' AND org_id = 'acme'`
  expect(await sandbox.eventually(recorded, '20')).toBe('20')
  expect(await sandbox.scalar(`SELECT count(), countIf(trace_id LIKE 'old%') FROM auth_audits`)).toBe('20')
  await retention.logged(({ msg }) => msg === 'retention is up to date')
  await retention.stop()

  // The successor starts where the marks and commits say, and not with what it misses in the table.
  await ingest.stop()
  ingest = await sandbox.startIngest()
  await sandbox.emitter.publish({ org_id: 'acme', trace_id: 'next' })
  expect(await sandbox.eventually(`SELECT count() FROM auth_audits WHERE trace_id = 'next'`, '1')).toBe('1')
  expect(await sandbox.scalar(`SELECT count() FROM auth_audits WHERE trace_id LIKE 'old%'`)).toBe('0')
  expect(await sandbox.scalar('SELECT count() FROM auth_audits')).toBe('21')
})
