import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { clickhouseDatabase } from '../../../services/query/clickhouse/database.js'
import { buildReader, type Reader, type Shown, shown } from '../../fixtures/query/reader.js'
import { type StoredTopic, storedTopic } from '../../fixtures/records/stored_topic.js'
import { freePorts } from '../../fixtures/stack/ports.js'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

let reader: Reader
let topic: StoredTopic

beforeAll(async () => {
  reader = await buildReader(inject('servers'))
  topic = storedTopic(reader.client('ingest'))
})

afterAll(() => reader.close())

/** The program in docs/follow.md. */
async function example(): Promise<string> {
  const page = await readFile(`${ROOT}/docs/follow.md`, 'utf8')
  const [, program] = /```js\n(.*?)```/s.exec(page) ?? []
  return String(program)
}

it('the program in docs/follow.md prints each record once, also across a restart of the service', async () => {
  const [port = 0] = await freePorts(1)
  const listen = async () => {
    const timing = { pollMs: 50, heartbeatMs: 400, stallMs: 10_000 }
    const app = await reader.appOver(clickhouseDatabase(reader.client('query')), undefined, { timing })
    await app.listen({ host: '127.0.0.1', port })
    return app
  }
  const first = await listen()
  const program = spawn(process.execPath, ['--input-type=module', '--eval', await example()], {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH,
      GATELOG_URL: `http://127.0.0.1:${port}`,
      GATELOG_TOKEN: (await reader.authorization()).slice('Bearer '.length),
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const printed: Shown[] = []
  createInterface({ input: program.stdout }).on('line', (line) => printed.push(JSON.parse(line)))
  try {
    const connections = promisify(first.server.getConnections.bind(first.server))
    await expect.poll(connections, { timeout: 10_000 }).toBeGreaterThan(0)
    // A record may become visible before the tail has its position. Then it is not in the tail.
    const [before, during, after] = [shown({ user_id: 'a' }), shown({ user_id: 'b' }), shown({ user_id: 'c' })]
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    await topic.add(0, [before])
    await expect.poll(() => printed, { timeout: 10_000 }).toEqual([before])
    await first.close()
    await topic.add(0, [during])
    const second = await listen()
    await expect.poll(() => printed, { timeout: 10_000 }).toEqual([before, during])
    await topic.add(1, [after])
    await expect.poll(() => printed, { timeout: 10_000 }).toEqual([before, during, after])
    await second.close()
  } finally {
    program.kill()
  }
})
