import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { RunnablePage } from '../../fixtures/producers/document.js'
import { pythonWith } from '../../fixtures/stack/python_environment.js'
import { createSandbox, type Sandbox } from '../../fixtures/stack/sandbox.js'

/** The programs of docs/producers.md, as they stand there. */
const missing = [
  ...(works('python3', '-m', 'venv', '--help') ? [] : ['Python 3 with venv (`apt-get install python3-venv`)']),
  ...(works('kcat', '-V') ? [] : ['kcat (`apt-get install kcat`)']),
]
const isSkipped = missing.length > 0 && !process.env.CI
if (isSkipped) process.stderr.write(`SKIPPED: the programs of docs/producers.md; install ${missing.join(' and ')}\n`)

function works(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args).status === 0
}

describe.skipIf(isSkipped)('the page for other languages', () => {
  let sandbox: Sandbox
  let page: RunnablePage
  let python: string

  beforeAll(async () => {
    expect(missing, 'what CI must install').toEqual([])
    sandbox = await createSandbox(inject('servers'), { partitions: 1 })
    page = new RunnablePage('producers.md')
    python = await pythonWith('producers', [['confluent-kafka==2.16.1', 'fastavro==1.13.1']])
    await sandbox.startIngest()
  }, 300_000)

  afterAll(async () => {
    page?.remove()
    await sandbox?.close()
  })

  it.each([
    ['Python', 'lz4', 2],
    ['Python', 'zstd', 4],
    ['kcat', 'lz4', 5],
    ['kcat', 'zstd', 6],
  ])('%s with %s', async (program, codec, count) => {
    const environment = { KAFKA_BROKERS: inject('servers').brokers.join(','), TOPIC: sandbox.topic, COMPRESSION: codec }
    const script = program === 'kcat' ? page.shell('kcat') : 'python3 emit.py'
    await page.run(script, python, environment)
    const stored =
      "SELECT count() FROM auth_audits FINAL WHERE stage = 'Login' AND event = 'Success' AND org_id = 'org-1'"
    expect(await sandbox.eventually(stored, String(count))).toBe(String(count))
  })
})
