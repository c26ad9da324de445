import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { program } from '../../deploy/local/data/files.js'
import { gatelog, type RunningStack, startStack } from '../fixtures/stack/stack.js'

let stack: RunningStack

beforeAll(async () => {
  stack = await startStack()
})

afterAll(() => stack?.stop())

/** Runs `gatelog tail` and reads its output line by line. */
function startTail(args: readonly string[]) {
  const child = spawn(process.execPath, [program('services', 'cli', 'main.js'), 'tail', ...args, '--stack', stack.path])
  const lines: string[] = []
  let errors = ''
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  const ended = once(child, 'close')
  return {
    lines,
    errors: () => errors,
    async interrupt(): Promise<unknown> {
      child.kill('SIGINT')
      return (await ended)[0]
    },
  }
}

function emit(record: Readonly<Record<string, string>>): Promise<string> {
  return gatelog(stack, ['emit', '-'], `${JSON.stringify(record)}\n`)
}

test('a tail shows what is emitted, as lines and as JSON, and ends in order when it is interrupted', async () => {
  const record = { stage: 'Login', event: 'Wrong password', user_id: 'ada\u001b[2J', org_id: 'org-1' }
  const json = startTail(['--json', '--after', 'beginning', 'event=Wrong password'])
  await emit({ ...record, event: 'Success' })
  await emit(record)
  await expect.poll(() => json.lines.length, { timeout: 30_000 }).toBe(1)
  expect(JSON.parse(String(json.lines[0]))).toMatchObject(record)
  expect(await json.interrupt()).toBe(0)
  expect(json.errors()).toBe('')

  const people = startTail(['--after', 'beginning', '--org', 'org-1'])
  await expect.poll(() => people.lines.length, { timeout: 30_000 }).toBe(2)
  expect(people.lines[1]).toMatch(/^\S+Z {2}Login {2}Wrong password {2}ada\\u001b\[2J {2}- {2}- {2}org-1$/)
  expect(await people.interrupt()).toBe(0)
})

test('a filter that the service does not know ends it, with what to do', async () => {
  const failed = gatelog(stack, ['tail', 'usr_id=1'])
  await expect(failed).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('gatelog: usr_id: is not a parameter of auth_audits. Did you mean user_id?'),
  })
})
