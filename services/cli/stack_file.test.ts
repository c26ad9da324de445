import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readStack } from './stack_file.js'

const dir = mkdtempSync(join(tmpdir(), 'gatelog-stack-'))
const file = join(dir, 'stack.json')
afterAll(() => rmSync(dir, { recursive: true }))

test('no file: no stack runs, and how to start one', async () => {
  await expect(readStack(join(dir, 'none.json'))).rejects.toMatchObject({
    code: 'STACK_FILE_MISSING',
    message: `There is no running stack at ${join(dir, 'none.json')} (ENOENT): start one with \`npm start\`, or name another’s file with --stack.`,
  })
})

test.each([
  ['nonsense', 'the whole'],
  ['{"query":{"url":1}}', 'query.url, collector, kafka, clickhouse, metrics, issuer'],
])('a file that holds %s is refused, with what is wrong', async (text, wrong) => {
  writeFileSync(file, text)
  await expect(readStack(file)).rejects.toMatchObject({
    code: 'STACK_FILE_INVALID',
    message: `${file} is not a stack file (wrong: ${wrong}): name that of a running stack.`,
  })
})
