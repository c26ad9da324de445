import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../../..')
const packageFolder = join(root, 'services', 'emitter')

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatelog-package-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** A program of somebody else, with the package installed from `from`. */
async function programWith(name: string, from: string): Promise<string> {
  const program = join(folder, name)
  await mkdir(program)
  await writeFile(join(program, 'package.json'), JSON.stringify({ name, private: true, type: 'module' }))
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', from], { cwd: program })
  return program
}

const USE = `
import { inMemoryEmitter, withAttempt } from '@gatelog/emitter'
const emitter = inMemoryEmitter()
withAttempt({ trace_id: 't' }, () => emitter.emit({ stage: 'Login', user_agent: 'x password=hunter2' }))
process.stdout.write(JSON.stringify(emitter.records[0].fields))
`

const TYPES = `
import { createEmitter, inMemoryEmitter, audits, kafkaProducer, type AuthAudit } from '@gatelog/emitter'
const record: AuthAudit = { user_id: 'u', time: new Date() }
inMemoryEmitter().emit(record)
inMemoryEmitter(audits).emit({ action: 'CREATE', audit_attributes: [{ attribute_id: '7' }] })
// @ts-expect-error a field of that name does not exist
inMemoryEmitter().emit({ user_di: 'u' })
// @ts-expect-error a field is text
inMemoryEmitter().emit({ user_id: 7 })
// @ts-expect-error the other stream has this field
inMemoryEmitter().emit({ action: 'CREATE' })
// @ts-expect-error a part of a list of that name does not exist
inMemoryEmitter(audits).emit({ audit_attributes: [{ attribute: '7' }] })
// @ts-expect-error an option of that name does not exist
createEmitter({ createProducer: kafkaProducer({} as never), spool: { folder: '/' } })
`

describe.each([
  [
    'a packed tarball',
    async () => {
      const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: packageFolder })
      return join(folder, stdout.trim().split('\n').at(-1) as string)
    },
  ],
  ['its path', async () => packageFolder],
])('installed from %s', (name, source) => {
  let program: string
  beforeAll(async () => {
    program = await programWith(name.replaceAll(' ', '-'), await source())
  }, 240_000)

  test('it can be imported and used', async () => {
    await writeFile(join(program, 'use.mjs'), USE)
    const { stdout } = await run(process.execPath, ['use.mjs'], { cwd: program })
    expect(JSON.parse(stdout)).toEqual({ stage: 'Login', user_agent: 'x password=[redacted]', trace_id: 't' })
  })

  test('its types are exact: a typo in a field does not compile', async () => {
    await writeFile(join(program, 'types.ts'), TYPES)
    const options = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck']
    const modules = ['--module', 'nodenext', '--target', 'es2022', '--types', 'node']
    const types = ['--typeRoots', join(root, 'node_modules', '@types')]
    const compiled = run(join(root, 'node_modules', '.bin', 'tsc'), [...options, ...modules, ...types, 'types.ts'], {
      cwd: program,
    }).catch((error: { stdout: string }) => error)
    expect((await compiled).stdout).toBe('')
  })
})
