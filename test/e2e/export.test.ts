import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { gatelog, type RunningStack, startStack } from '../fixtures/stack/stack.js'

const RECORDS = 500

let stack: RunningStack
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatelog-export-'))
  stack = await startStack()
  const lines = Array.from({ length: RECORDS }, (_, index) => JSON.stringify({ user_id: `u-${index}`, stage: 'Login' }))
  await gatelog(stack, ['emit', '-'], lines.join('\n'))
  for (let found = 0; found < RECORDS; ) {
    await gatelog(stack, ['export', '--force', '--out', join(folder, 'waiting')])
    found = (await readFile(join(folder, 'waiting'), 'utf8')).split('\n').length - 1
  }
})

afterAll(async () => {
  await stack?.stop()
  await rm(folder, { recursive: true, force: true })
})

it('writes a file in each format, whole, and leaves nothing beside it', async () => {
  for (const format of ['ndjson', 'csv', 'parquet', 'ocsf']) {
    await gatelog(stack, ['export', '--format', format, '--out', join(folder, format), '--stage', 'Login'])
  }
  const text = (name: string) => readFile(join(folder, name), 'utf8')
  expect((await text('ndjson')).trimEnd().split('\n')).toHaveLength(RECORDS)
  expect((await text('csv')).trimEnd().split('\n')).toHaveLength(1 + RECORDS)
  expect((await text('ocsf')).trimEnd().split('\n')).toHaveLength(RECORDS)
  expect((await readFile(join(folder, 'parquet'))).toString('latin1', 0, 4)).toBe('PAR1')
  expect((await readdir(folder)).toSorted()).toEqual(['csv', 'ndjson', 'ocsf', 'parquet', 'waiting'])
})

it.each(['ndjson', 'csv', 'ocsf'])('goes on with what broke off: %s', async (format) => {
  const whole = join(folder, `${format}.whole`)
  const out = join(folder, `${format}.broken`)
  const args = ['export', '--format', format, '--user-id', 'u-1', 'u-2', 'u-3', '--out']
  await gatelog(stack, [...args, whole])
  const expected = await readFile(whole)
  // A run without an answer leaves its note. The rest is what a run leaves that is killed inside its last record.
  await expect(gatelog(stack, [...args, out, '--api', 'http://127.0.0.1:1'])).rejects.toThrow(/does not answer/)
  await writeFile(`${out}.part`, expected)
  await truncate(`${out}.part`, expected.length - 10)
  await gatelog(stack, [...args, out])
  expect(await readFile(out)).toEqual(expected)
})

it('rejects other filters for a file that is incomplete, and shows the errors of the service', async () => {
  const out = join(folder, 'other')
  const away = ['--api', 'http://127.0.0.1:1']
  await expect(gatelog(stack, ['export', '--out', out, ...away])).rejects.toThrow(/does not answer/)
  await writeFile(`${out}.part`, '{')
  await expect(gatelog(stack, ['export', '--out', out, '--event', 'x'])).rejects.toThrow(/belongs to another export/)
  await expect(gatelog(stack, ['export', '--restart', '--out', out, '--dt-from', 'soon'])).rejects.toThrow(
    /dt_from: "soon" is not understood as a time/,
  )
  await expect(gatelog(stack, ['export', '--out', join(folder, 'no', 'such')])).rejects.toThrow(/cannot be written/)
})
