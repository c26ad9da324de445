import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pythonWith } from '../fixtures/stack/python_environment.js'

const VERSION = '4.32.5'
const config = join(import.meta.dirname, 'schemathesis.toml')

export interface Examination {
  /** The URL or path of the OpenAPI document. */
  readonly document: string
  readonly api: string
  readonly token: string
  /** The most generated requests per operation, in addition to those that cover its parameters one by one. */
  readonly examples: number
}

/** Compares a service's answers to generated requests with its OpenAPI document. Returns what schemathesis found. */
export interface Finding {
  readonly passed: boolean
  readonly report: string
}

export async function examine({ document, api, token, examples }: Examination): Promise<Finding> {
  // It saves its findings where it runs and starts with them the next time. Here each run is independent.
  const cwd = await mkdtemp(join(tmpdir(), 'gatelog-schemathesis-'))
  try {
    return await run(cwd, { document, api, token, examples })
  } finally {
    await rm(cwd, { recursive: true, force: true })
  }
}

async function run(cwd: string, { document, api, token, examples }: Examination): Promise<Finding> {
  const python = await pythonWith('schemathesis', [[`schemathesis==${VERSION}`]])
  // Run by the interpreter, because the script names the interpreter of the machine that built it.
  const options = ['--url', api, '--phases', 'examples,coverage,fuzzing', '--max-examples', String(examples)]
  const command = [
    '-m',
    'schemathesis.cli',
    '--config-file',
    config,
    'run',
    document,
    ...options,
    '--seed',
    '1',
    '--no-color',
  ]
  return new Promise((resolve, reject) => {
    const env = { ...process.env, GATELOG_TOKEN: token }
    execFile(python, command, { cwd, env, timeout: 420_000, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      // It exits with 1 if it found something; any other code means that it did not run.
      if (error === null || error.code === 1) resolve({ passed: error === null, report: stdout })
      else reject(new Error(`schemathesis failed: ${error.message}\n${stdout}\n${stderr}`))
    })
  })
}
