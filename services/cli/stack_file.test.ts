import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { findStackFile, readStack } from './stack_file.js'

const dir = mkdtempSync(join(tmpdir(), 'gatelog-stack-'))
const file = join(dir, 'stack.json')
afterAll(() => rmSync(dir, { recursive: true }))

test('without a file, the error says how to start a stack', async () => {
  await expect(readStack(join(dir, 'none.json'))).rejects.toMatchObject({
    code: 'STACK_FILE_MISSING',
    message: `There is no running stack at ${join(dir, 'none.json')} (ENOENT): start one with \`npm start\`, or name another stack file with --stack or GATELOG_STACK.`,
  })
})

test.each([
  ['nonsense', 'the whole file'],
  ['{"query":{"url":1}}', 'query.url, collector, kafka, clickhouse, metrics, issuer'],
])('a file with %s is rejected, and the error names what is wrong', async (text, wrong) => {
  writeFileSync(file, text)
  await expect(readStack(file)).rejects.toMatchObject({
    code: 'STACK_FILE_INVALID',
    message: `${file} is not a valid stack file (wrong: ${wrong}): name the file of a running stack.`,
  })
})

test('the stack file is the one that the environment names, else the nearest one upwards', () => {
  const inner = join(dir, 'project', 'docs', 'deep')
  mkdirSync(inner, { recursive: true })
  expect(findStackFile(inner, {})).toBe(join('.local', 'stack.json'))
  mkdirSync(join(dir, 'project', '.local'))
  writeFileSync(join(dir, 'project', '.local', 'stack.json'), '{}')
  expect(findStackFile(inner, {})).toBe(join(dir, 'project', '.local', 'stack.json'))
  expect(findStackFile(inner, { GATELOG_STACK: '/srv/stack.json' })).toBe('/srv/stack.json')
  expect(findStackFile(inner, { GATELOG_STACK: '' })).toBe(join(dir, 'project', '.local', 'stack.json'))
})
