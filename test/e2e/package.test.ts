import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'

const run = promisify(execFile)
const root = dirname(createRequire(import.meta.url).resolve('#package'))

/** A program that has installed the emitter as it would be published. */
let program: string
beforeAll(async () => {
  program = await mkdtemp(join(tmpdir(), 'gatelog-package-'))
  const installed = join(program, 'node_modules', '@gatelog', 'emitter')
  await mkdir(installed, { recursive: true })
  const { stdout } = await run('npm', ['pack', '-w', 'services/emitter', '--json', '--pack-destination', program], {
    cwd: root,
  })
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf('['))) as [{ filename: string }]
  await run('tar', ['-xzf', join(program, packed.filename), '-C', installed, '--strip-components=1'])
  const { dependencies } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as {
    dependencies: Readonly<Record<string, string>>
  }
  for (const name of [...Object.keys(dependencies), '@types']) {
    await symlink(join(root, 'node_modules', name), join(program, 'node_modules', name))
  }
})
afterAll(() => rm(program, { recursive: true, force: true }))

const SOURCE = `import { Kafka } from 'kafkajs'
import { createEmitter, inMemoryEmitter, kafkaProducer, type AuthAudit } from '@gatelog/emitter'
const record: AuthAudit = { stage: 'Login', event: 'Success', user_id: 'u' }
const emitter = inMemoryEmitter()
const emitted = emitter.emit(record)
createEmitter({ createProducer: kafkaProducer(new Kafka({ brokers: ['127.0.0.1:1'] })) })
console.log(emitted.accepted, emitter.records.length, emitter.records[0]?.fields.user_id)
process.exit()
`

it('the published emitter works and is typed in a program of its own', async () => {
  await writeFile(join(program, 'package.json'), '{"type":"module"}')
  await writeFile(join(program, 'main.ts'), SOURCE)
  const options = ['--module', 'nodenext', '--target', 'es2022', '--strict', '--skipLibCheck', '--types', 'node']
  await run(join(root, 'node_modules', '.bin', 'tsc'), [...options, 'main.ts'], { cwd: program })
  const { stdout } = await run(process.execPath, ['main.js'], { cwd: program })
  expect(stdout).toBe('true 1 u\n')
})

it('a field that is not the model’s does not compile', async () => {
  await writeFile(join(program, 'wrong.ts'), SOURCE.replace('user_id:', 'user:'))
  const check = run(
    join(root, 'node_modules', '.bin', 'tsc'),
    ['--module', 'nodenext', '--strict', '--noEmit', 'wrong.ts'],
    {
      cwd: program,
    },
  )
  await expect(check).rejects.toMatchObject({ stdout: expect.stringContaining("'user' does not exist in type") })
})
