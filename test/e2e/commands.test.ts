import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { program } from '../../deploy/local/data/files.js'
import { gatelog, type RunningStack, startStack } from '../fixtures/stack/stack.js'

const COMMAND = program('services', 'cli', 'main.js')
const RECORDS = [
  { trace_id: 't-1', stage: 'Password', event: 'Wrong password', user_id: 'ada', org_id: 'org-1' },
  { trace_id: 't-1', stage: 'Password', event: 'Success', user_id: 'ada', org_id: 'org-1' },
  { trace_id: 't-1', stage: 'Consent', event: 'Denied', user_id: 'ada', org_id: 'org-1' },
  { trace_id: 't-2', stage: 'Password', event: 'Wrong password', user_id: 'bob', org_id: 'org-2' },
].map((record, index) => ({ ...record, time: new Date(Date.now() - 60_000 + index * 1_000).toISOString() }))

let stack: RunningStack
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatelog-commands-'))
  stack = await startStack()
  await gatelog(stack, ['emit', '-'], RECORDS.map((record) => `${JSON.stringify(record)}\n`).join(''))
  for (let found = 0; found < RECORDS.length; ) {
    found = (await gatelog(stack, ['list', '--json'])).split('\n').length - 1
  }
})

afterAll(async () => {
  await stack?.stop()
  await rm(folder, { recursive: true, force: true })
})

it('list prints the newest records, for people and as JSON, page by page', async () => {
  const lines = (await gatelog(stack, ['list', 'outcome=failure', '--limit', '2'])).trimEnd().split('\n')
  expect(lines).toEqual([
    expect.stringMatching(/Password {2}Wrong password {2}bob {2}- {2}- {2}org-2$/),
    expect.stringMatching(/Consent {3}Denied {10}ada {2}- {2}- {2}org-1$/),
  ])
  const records = (await gatelog(stack, ['list', '--json', '--org', 'org-1'])).trimEnd().split('\n')
  expect(records.map((line) => JSON.parse(line).event)).toEqual(['Denied', 'Success', 'Wrong password'])
  await expect(gatelog(stack, ['list', 'usr_id=1'])).rejects.toThrow(/Did you mean user_id\?/)
  await expect(gatelog(stack, ['list', 'user_id'])).rejects.toThrow(/write name=value/)
})

it('counts prints the largest count first', async () => {
  expect(await gatelog(stack, ['counts', '--by', 'event', '--org', 'org-1', 'org-2'])).toBe(
    'event           count\nWrong password      2\nDenied              1\nSuccess             1\n',
  )
  const counts = (await gatelog(stack, ['counts', '--by', 'user_id', '--json'])).trimEnd().split('\n')
  expect(counts.map((line) => JSON.parse(line))).toContainEqual({ user_id: 'ada', count: 3 })
})

it('sign-in prints which stage failed', async () => {
  const lines = (await gatelog(stack, ['sign-in', 't-1'])).split('\n')
  expect(lines.slice(0, 2)).toEqual(['sign-in  t-1', 'outcome  failure'])
  expect(lines.filter((line) => line.startsWith('✗'))).toEqual([expect.stringMatching(/Consent {3}Denied/)])
  expect(JSON.parse(await gatelog(stack, ['sign-in', 't-1', '--json']))).toMatchObject({ outcome: 'failure' })
  await expect(gatelog(stack, ['sign-in', 'none'])).rejects.toThrow(/NOT_FOUND|not found|no /i)
})

it('sql asks ClickHouse as the analyst, who changes nothing', async () => {
  const query = 'SELECT user_id, count() AS n FROM auth_audits FINAL GROUP BY user_id ORDER BY user_id'
  expect(await gatelog(stack, ['sql', query])).toBe('user_id\tn\nada\t3\nbob\t1\n')
  const rows = (await gatelog(stack, ['sql', '--json', '-'], query)).trimEnd().split('\n')
  expect(rows.map((line) => JSON.parse(line).user_id)).toEqual(['ada', 'bob'])
  await expect(gatelog(stack, ['sql', 'DROP TABLE auth_audits'])).rejects.toThrow(/ACCESS_DENIED/)
})

it('status prints what is ready, and the newest record', async () => {
  const text = await gatelog(stack, ['status'])
  expect(text).toMatch(/^ingest +ready +every record is stored$/m)
  expect(text).toMatch(new RegExp(`^query +ready +newest sign-in ${RECORDS.at(-1)?.time.slice(0, 19)}`, 'm'))
  const away = join(folder, 'away.json')
  const metrics = { ...stack.file.metrics, ingest: 'http://127.0.0.1:1/metrics' }
  await writeFile(away, JSON.stringify({ ...stack.file, metrics }))
  await expect(run(['--stack', away, 'status'])).rejects.toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/^ingest +not ready +does not answer at http:\/\/127\.0\.0\.1:1$/m),
  })
})

it('finds the stack before the command, in the environment, and upwards', async () => {
  const args = ['sql', 'SELECT 1']
  expect(await run(['--stack', stack.path, ...args])).toBe('1\n1\n')
  expect(await run(args, { GATELOG_STACK: stack.path })).toBe('1\n1\n')
  await expect(run(args, {}, dirname(folder))).rejects.toThrow(/There is no running stack/)
  expect(await run(['--version'])).toMatch(/^\d+\.\d+\.\d+\n$/)
})

it('export writes to standard output, never into a folder, and replaces a file only with --force', async () => {
  const text = await gatelog(stack, ['export', '--out', '-'])
  expect(text.trimEnd().split('\n')).toHaveLength(RECORDS.length)
  await expect(gatelog(stack, ['export', '--out', folder])).rejects.toThrow(/cannot be written \(EISDIR\)/)
  const file = join(folder, 'kept')
  await writeFile(file, 'kept')
  await expect(gatelog(stack, ['export', '--out', file])).rejects.toThrow(/add --force/)
  expect(await readFile(file, 'utf8')).toBe('kept')
  await gatelog(stack, ['export', '--force', '--out', file])
  expect(await readFile(file, 'utf8')).toBe(text)
})

it('ends without a word when the reader of its output has enough', async () => {
  const query = 'SELECT number FROM numbers(10000000)'
  const child = spawn(process.execPath, [COMMAND, 'sql', query, '--stack', stack.path])
  let errors = ''
  child.stderr.on('data', (data) => {
    errors += data
  })
  await once(child.stdout, 'data')
  child.stdout.destroy()
  expect(await once(child, 'close')).toEqual([0, null])
  expect(errors).toBe('')
})

async function run(args: readonly string[], environment: NodeJS.ProcessEnv = {}, cwd = folder): Promise<string> {
  const options = { cwd, env: { PATH: process.env.PATH, ...environment } }
  return (await promisify(execFile)(process.execPath, [COMMAND, ...args], options)).stdout
}

it('retention shows what goes, and leaves what is held or has a longer period', async () => {
  const old = new Date(Date.now() - 400 * 86_400_000).toISOString()
  const lines = ['acme', 'globex'].map((org_id) => `${JSON.stringify({ time: old, org_id, context: { a: [1] } })}\n`)
  await gatelog(stack, ['emit', '--stream', 'events', '-'], lines.join(''))
  const dryRun = async () =>
    (await gatelog(stack, ['retention', 'dry-run', '--json']))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
  const row = (organization: string) => ({
    stream: 'events',
    day: old.slice(0, 10),
    organizations: [organization],
    rows: 1,
  })
  await expect.poll(dryRun, { timeout: 30_000 }).toEqual([row('acme'), row('globex')])
  expect(await gatelog(stack, ['retention', 'dry-run'])).toMatch(/globex +1\n\n2 rows\n$/)
  await gatelog(stack, ['retention', 'set', '--stream', 'events', '--organization', 'acme', '--days', '500'])
  expect(await dryRun()).toEqual([row('globex')])
  const hold = (await gatelog(stack, ['retention', 'hold', '--organization', 'globex', '--reason', 'case 7'])).trim()
  expect(await dryRun()).toEqual([])
  const listed = await gatelog(stack, ['retention', 'list'])
  expect(listed).toMatch(/events +acme +500 /)
  expect(listed).toContain(hold)
  await gatelog(stack, ['retention', 'release', hold, '--reason', 'closed'])
  await gatelog(stack, ['retention', 'set', '--stream', 'events', '--organization', 'acme', '--standard'])
  expect(await dryRun()).toEqual([row('acme'), row('globex')])
  expect(await gatelog(stack, ['retention', 'list'])).toContain('No legal hold.')
  await expect(gatelog(stack, ['retention', 'hold', '--reason', 'x'])).rejects.toThrow(/Say what to hold/)
  await expect(gatelog(stack, ['retention', 'set', '--stream', 'events'])).rejects.toThrow(/Say how long/)
  await expect(gatelog(stack, ['retention', 'release', hold, '--reason', 'x'])).rejects.toThrow(/No legal hold/)
})

it('sign-ins prints sign-ins with where they failed, and counts counts them', async () => {
  const [names, line] = (await gatelog(stack, ['sign-ins', 'user=ada', 'outcome=failure'])).trimEnd().split('\n')
  expect(names).toMatch(/^began +outcome +user +provider +address +seconds +failed at +trace$/)
  expect(line).toMatch(/ failure +ada +- +- +2\.0 +Consent: Denied +t-1$/)
  const counts = ['counts', '--sign-ins', '--by', 'failed_stage', 'user', '--json']
  expect((await gatelog(stack, counts)).trimEnd().split('\n').toSorted()).toEqual([
    '{"failed_stage":"Consent","user":"ada","count":1}',
    '{"failed_stage":"Password","user":"bob","count":1}',
  ])
})

it('values prints the values of a field', async () => {
  expect(await gatelog(stack, ['values', 'stage', 'not_user_id=ada'])).toBe('Password\n')
})

it('emit takes what export wrote', async () => {
  const exported = await gatelog(stack, ['export', '--out', '-', 'user_id=ada'])
  expect(exported.trimEnd().split('\n')).toHaveLength(3)
  expect(await gatelog(stack, ['emit', '-'], exported)).toBe('3 accepted, 0 rejected\n')
  const url = stack.file.collector.url
  expect(await gatelog(stack, ['emit', '--url', url, '-'], exported)).toBe('3 accepted, 0 rejected\n')
  expect((await gatelog(stack, ['list', 'user_id=ada', '--json'])).trimEnd().split('\n')).toHaveLength(3)
})
