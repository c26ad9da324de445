import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readStack } from '../../../services/cli/stack_file.js'
import { type StackFile, writeStackFile } from './stack_file.js'

test('the command reads what the stack writes, and only the owner can read it', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'gatelog-stack-file-'))
  const file = join(dir, 'stack.json')
  const user = (name: string) => ({ name, password: `${name}-password` })
  const stack: StackFile = {
    query: { url: 'http://127.0.0.1:7400' },
    collector: {
      url: 'http://127.0.0.1:7401',
      secrets: { keycloak: 'shared', authentik: 'a', okta: 'o', auth0: 'z' },
      api_key: 'gatelog_key',
    },
    kafka: { brokers: ['127.0.0.1:7420'] },
    clickhouse: {
      url: 'http://127.0.0.1:7410',
      database: 'gatelog',
      users: {
        migrate: user('migrate'),
        ingest: user('ingest'),
        query: user('query'),
        export: user('export'),
        retention: user('retention'),
        analyst: user('analyst'),
      },
    },
    metrics: {
      ingest: 'http://127.0.0.1:7402/metrics',
      query: 'http://127.0.0.1:7400/metrics',
      collector: 'http://127.0.0.1:7401/metrics',
      retention: 'http://127.0.0.1:7403/metrics',
    },
    issuer: { issuer: 'urn:gatelog:local', audience: 'gatelog', private_key_file: '/data/issuer.pem' },
  }
  writeStackFile(file, stack)
  expect(await readStack(file)).toEqual(stack)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  rmSync(dir, { recursive: true })
})
