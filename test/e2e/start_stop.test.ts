import { existsSync } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePortBase, portsInUse } from '../fixtures/stack/ports.js'
import { descendants, stillRunning } from '../fixtures/stack/processes.js'
import { gatelog, type RunningStack, startRun, startStack } from '../fixtures/stack/stack.js'

/** The life of one stack, in order: each test continues where the previous one stopped. */
let dir: string
let portBase: number
let stack: RunningStack

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gatelog-start-stop-'))
  portBase = await freePortBase()
  stack = await start()
})

afterAll(async () => {
  await stack?.stop()
  await rm(dir, { recursive: true, force: true })
})

function start(): Promise<RunningStack> {
  return startStack({ dir, portBase })
}

/** The users of the stored records, newest first. */
async function stored(): Promise<readonly (string | undefined)[]> {
  const token = (await gatelog(stack, ['token'])).trim()
  const response = await fetch(`${stack.file.query.url}/v1/auth_audits`, {
    headers: { authorization: `Bearer ${token}` },
  })
  const { auth_audits } = (await response.json()) as { auth_audits: { user_id?: string }[] }
  return auth_audits.map(({ user_id }) => user_id)
}

async function eventually<T>(ask: () => Promise<T>, holds: (answer: T) => boolean): Promise<T> {
  const deadline = Date.now() + 30_000
  for (;;) {
    const answer = await ask()
    if (holds(answer) || Date.now() > deadline) return answer
    await sleep(100)
  }
}

test('a new folder: a stack starts, and a record that is emitted is returned', async () => {
  expect(await stored()).toEqual([])
  expect(await gatelog(stack, ['emit', '-'], '{"user_id":"ada"}\n')).toBe('1 accepted, 0 rejected\n')
  expect(await eventually(stored, (users) => users.length > 0)).toEqual(['ada'])
})

test('only their owner can read the secrets', async () => {
  for (const file of ['stack.json', 'secrets.json', 'issuer.pem']) {
    expect((await stat(join(dir, file))).mode & 0o777).toBe(0o600)
  }
})

test('a second start in the same folder fails with one sentence', async () => {
  const { code, output } = await startRun(dir, await freePortBase()).ended
  expect(output).toBe(
    `Another \`npm start\` (process ${stack.process.pid}) uses the data folder ${dir}: stop it, or choose another folder with --data.\n`,
  )
  expect(code).toBe(1)
})

test('a start on the same ports fails with one sentence', async () => {
  const other = await mkdtemp(join(tmpdir(), 'gatelog-start-stop-'))
  const { code, output } = await startRun(other, portBase).ended
  await rm(other, { recursive: true })
  expect(output.split('\n').slice(1)).toEqual([
    `Port ${portBase} (for query) is in use: stop the program that listens there, or choose other ports, for example with \`npm start -- --port-base ${portBase + 100}\`.`,
    '',
  ])
  expect(code).toBe(1)
})

test('Ctrl-C, even twice, stops everything in order and leaves no process', async () => {
  const processes = await descendants(stack.process.pid as number)
  expect(processes.length).toBeGreaterThanOrEqual(6)
  const ended = stack.stop('SIGINT')
  await stack.said('Stopping')
  stack.process.kill('SIGINT')
  const { code, output } = await ended
  expect(output.slice(output.indexOf('Stopping')).match(/\w+(?= +stopped)/g)).toEqual([
    'query',
    'collector',
    'retention',
    'ingest',
    'ClickHouse',
    'Kafka',
  ])
  expect(code).toBe(0)
  expect(await stillRunning(processes)).toEqual([])
  expect(await portsInUse(portBase)).toEqual([])
  expect(existsSync(join(dir, 'stack.json'))).toBe(false)
})

test('a restart keeps the data', async () => {
  stack = await start()
  expect(await stored()).toEqual(['ada'])
})

test('no process outlives a start that is killed, and the next start works', async () => {
  const processes = await descendants(stack.process.pid as number)
  await stack.stop('SIGKILL')
  stack = await start()
  expect(await stored()).toEqual(['ada'])
  expect(await stillRunning(processes)).toEqual([])
})

/** The id of the running process with this script in its command. */
async function processOf(script: string): Promise<number> {
  const processes = await descendants(stack.process.pid as number)
  return processes.find(({ command }) => command.includes(script))?.pid as number
}

test('a process that is killed is restarted, and every record is stored once', async () => {
  for (const [name, script] of [
    ['ingest', 'services/ingest/main.js'],
    ['query', 'services/query/main.js'],
    ['ClickHouse', 'clickhouse/server.js'],
    ['Kafka', 'command_wrapper.js'],
  ] as const) {
    expect(await gatelog(stack, ['emit', '-'], `{"user_id":"before ${name}"}\n`)).toBe('1 accepted, 0 rejected\n')
    process.kill(await processOf(script), 'SIGKILL')
    await stack.said(`  ${name.padEnd(12)}ready in`, `! ${name} exited unexpectedly (SIGKILL)`)
    expect(await gatelog(stack, ['emit', '-'], `{"user_id":"after ${name}"}\n`)).toBe('1 accepted, 0 rejected\n')
  }
  const expected = ['ingest', 'query', 'ClickHouse', 'Kafka'].flatMap((name) => [`before ${name}`, `after ${name}`])
  expect([...(await eventually(stored, (users) => users.length >= 9))].sort()).toEqual(['ada', ...expected].sort())
})

test('a process that exits five times in a minute ends the stack, with the reason', async () => {
  const processes = await descendants(stack.process.pid as number)
  let killed: number | undefined
  for (let exits = 0; exits < 5; exits++) {
    const pid = await eventually(
      () => processOf('services/collector/main.js'),
      (found) => found !== undefined && found !== killed,
    )
    process.kill(pid, 'SIGKILL')
    killed = pid
  }
  const { code, output } = await stack.ended
  const log = join(dir, 'logs', 'collector.log')
  expect(output).toContain(`\ncollector exited unexpectedly (SIGKILL) (see ${log}). It exited 5 times in a minute.\n`)
  expect(code).toBe(1)
  expect(await stillRunning(processes)).toEqual([])
  expect(await portsInUse(portBase)).toEqual([])
})
